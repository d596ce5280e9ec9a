// controllers.js NAMESPACE KIND NAME - keep one StatefulSet or Job of the mock going
//
// Until its object is deleted. A Job as a work queue: pods up to parallelism, no
// new one after a first success, a failure by podFailurePolicy or backoffLimit.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { list, read, remove, update } from './api.js';
import { prepare, probe, pulls, run } from './node.js';

const [namespace, kind, name] = process.argv.slice(2);
const pods = new Map();
let failures = 0;
let succeeded = false;

function owner() {
  return read(namespace, kind, name);
}

function ours(reference) {
  return reference.kind === kind && reference.name === name;
}

function save(pod) {
  if (read(namespace, 'Pod', pod.metadata.name))
    update(namespace, pod);
}

function told(pod, container, state, last) {
  const others = pod.status.containerStatuses.filter(status => status.name !== container.name);
  pod.status.containerStatuses = [...others, { name: container.name, state, lastState: last ?? {} }];
  save(pod);
}

// begin - start a container of a pod, and again when it ends if that is the rule
function begin(pod, container, again, onEnd) {
  if (!pulls(container)) {
    told(pod, container, { waiting: { reason: 'ImagePullBackOff', message: container.image } });
    return;
  }
  const children = pods.get(pod.metadata.name).children;
  const child = run(namespace, pod, container, exitCode => {
    children.delete(child);
    const ended = { terminated: { exitCode } };
    if (!again || pods.get(pod.metadata.name)?.deleted) {
      told(pod, container, ended);
      onEnd(exitCode);
      return;
    }
    told(pod, container, { waiting: { reason: 'CrashLoopBackOff' } }, ended);
    setTimeout(() => begin(pod, container, again, onEnd), 500);
  });
  children.add(child);
  const { lastState } = pod.status.containerStatuses.find(s => s.name === container.name) ?? {};
  told(pod, container, { running: {} }, lastState);
}

async function start(template, podName, onEnd) {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: podName,
    labels: template.metadata.labels, ownerReferences: [{ kind, name }] },
  spec: template.spec, status: { containerStatuses: [] } };
  const again = template.spec.restartPolicy !== 'Never';
  pods.set(podName, { pod, children: new Set(), deleted: false });
  update(namespace, pod);
  prepare(namespace, pod);
  for (const sidecar of template.spec.initContainers ?? []) {
    begin(pod, sidecar, true, () => {});
    while (pulls(sidecar) && owner() && !probe(namespace, pod, sidecar))
      await sleep(50);
  }
  for (const container of template.spec.containers)
    begin(pod, container, again, onEnd);
}

// stop - as the node does: the containers first, then the sidecars
function stop(podName) {
  const entry = pods.get(podName);
  entry.deleted = true;
  entry.children.forEach(child => child.kill('SIGTERM'));
}

function jobFails(policy, limit, exitCode) {
  const rule = policy.rules.find(({ onExitCodes }) => onExitCodes?.values.includes(exitCode));
  return rule?.action === 'FailJob' || ++failures > limit;
}

function conclude(job, type) {
  update(namespace, { ...job, status: { ...job.status, conditions: [{ type, status: 'True' }] } });
  pods.forEach((_, podName) => stop(podName));
}

function podEnded(podName, exitCode) {
  const { deleted } = pods.get(podName);
  const job = owner();
  pods.delete(podName);
  if (deleted)
    remove(namespace, 'Pod', podName);
  if (!job || deleted || job.status?.conditions)
    return;
  succeeded ||= exitCode === 0;
  const { podFailurePolicy, backoffLimit } = job.spec;
  if (exitCode !== 0 && !succeeded && jobFails(podFailurePolicy, backoffLimit, exitCode))
    conclude(job, 'Failed');
  else if (succeeded && pods.size === 0)
    conclude(job, 'Complete');
}

function job({ spec, status }) {
  if (status?.conditions)
    return;
  pods.forEach((_, podName) => {
    if (!read(namespace, 'Pod', podName))
      stop(podName);
  });
  const staying = [...pods].filter(([, entry]) => !entry.deleted).map(([podName]) => podName);
  staying.slice(spec.parallelism).forEach(stop);
  for (let n = staying.length; n < spec.parallelism && !succeeded; n++) {
    const podName = `${name}-${randomBytes(3).toString('hex')}`;
    start(spec.template, podName, exitCode => podEnded(podName, exitCode));
  }
}

for (let object; (object = owner()); await sleep(100)) {
  if (kind === 'Job')
    job(object);
  else if (pods.size === 0)
    start(object.spec.template, `${name}-0`, () => {});
}
pods.forEach((_, podName) => stop(podName));
while ([...pods.values()].some(({ children }) => children.size > 0))
  await sleep(50);
list(namespace, 'Pod').filter(pod => ours(pod.metadata.ownerReferences[0]))
  .forEach(pod => remove(namespace, 'Pod', pod.metadata.name));
process.exit(0);
