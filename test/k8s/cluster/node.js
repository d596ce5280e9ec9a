// node.js - the mock cluster's node: a pod's containers as processes of this machine
//
// Mounts are folders, told by their path wherever a variable or an argument
// begins with it; a Service is a socket; the images are the tree itself.
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { list, matches, read } from './api.js';

const cluster = process.env.CLUSTER;
const top = resolve(dirname(new URL(import.meta.url).pathname), '../../..');
const IMAGES = /^(?:registry\.example\.com\/)?funkytown\/(controller|worker):0\.1\.0$/;

export function podOf(namespace, name) {
  return join(cluster, namespace, 'p', name);
}

function volume(namespace, pod, { name, emptyDir, configMap, secret }) {
  const folder = join(podOf(namespace, pod.metadata.name), 'v', name);
  mkdirSync(folder, { recursive: true });
  if (emptyDir)
    return;
  const object = configMap ? read(namespace, 'ConfigMap', configMap.name)
    : read(namespace, 'Secret', secret.secretName);
  if (!object)
    throw new Error(`volume ${name}: no such object`);
  const data = object.data ?? object.stringData;
  const items = secret?.items ?? Object.keys(data).map(key => ({ key, path: key }));
  items.forEach(({ key, path }) => writeFileSync(join(folder, path), data[key]));
}

// mapped TEXT: the path of a mount becomes the folder of its volume.
function mapped(namespace, pod, container, text) {
  const mount = container.volumeMounts?.find(({ mountPath }) =>
    text === mountPath || text.startsWith(`${mountPath}/`));
  if (mount)
    return join(podOf(namespace, pod.metadata.name), 'v', mount.name) +
      text.slice(mount.mountPath.length);
  return text.replace('/usr/local/share/funkytown', top);
}

// A Service is looked up at each connection, so it may come after who asks.
function serviceOf(namespace, name) {
  return join(cluster, namespace, 's', name);
}

function serve(namespace, pod) {
  mkdirSync(join(cluster, namespace, 's'), { recursive: true });
  const ours = list(namespace, 'Service').filter(({ spec }) => matches(pod.metadata.labels, spec.selector));
  for (const { metadata } of ours) {
    rmSync(serviceOf(namespace, metadata.name), { force: true });
    symlinkSync(join(podOf(namespace, pod.metadata.name), 's'), serviceOf(namespace, metadata.name));
  }
}

function address(namespace, pod, host) {
  return host === '127.0.0.1' ? join(podOf(namespace, pod.metadata.name), 's') : serviceOf(namespace, host);
}

function valueOf(namespace, pod, container, { name, value, valueFrom }) {
  if (name === 'REDIS_HOST')
    return address(namespace, pod, value);
  if (value !== undefined)
    return mapped(namespace, pod, container, value);
  if (valueFrom.secretKeyRef) {
    const secret = read(namespace, 'Secret', valueFrom.secretKeyRef.name);
    return (secret.data ?? secret.stringData)[valueFrom.secretKeyRef.key];
  }
  const path = valueFrom.fieldRef.fieldPath;
  const label = /^metadata\.labels\['(.*)'\]$/.exec(path);
  return label ? pod.metadata.labels[label[1]] : pod.metadata[path.split('.')[1]];
}

function environment(namespace, pod, container) {
  const own = podOf(namespace, pod.metadata.name);
  const env = { PATH: `${own}/bin:${top}/bin:${process.env.PATH}`, HOME: own, LANG: 'C.UTF-8',
    SPEC_ROOT: process.env.SPECS, FT_BIND: '127.0.0.1',
    FT_PORT: readFileSync(join(own, 'port'), 'utf8'), POD: own };
  for (const { configMapRef } of container.envFrom ?? [])
    Object.assign(env, read(namespace, 'ConfigMap', configMapRef.name).data);
  for (const entry of container.env ?? [])
    env[entry.name] = valueOf(namespace, pod, container, entry);
  return env;
}

// inside - how a command is run in a container, null if that does not run
export function inside(namespace, pod, name) {
  const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
    .find(container => container.name === name);
  const status = pod.status.containerStatuses.find(status => status.name === name);
  return container && status?.state.running
    ? { env: environment(namespace, pod, container), cwd: podOf(namespace, pod.metadata.name) }
    : null;
}

export function prepare(namespace, pod) {
  const own = podOf(namespace, pod.metadata.name);
  mkdirSync(join(own, 'bin'), { recursive: true });
  // The reporter's; a port that somebody has already ends the container.
  writeFileSync(join(own, 'port'), String(20000 + randomInt(12000)));
  // In a pod of its own Redis has the port and its folder; here, a socket.
  for (const [name, args] of [['redis-cli', '-s "$POD/s" "$@"'],
    ['redis-server', '"$POD/redis.conf" "$@" --port 0 --unixsocket "$POD/s"']]) {
    const real = spawnSync('sh', ['-c', `command -v ${name}`]).stdout.toString().trim();
    const first = name === 'redis-cli' ? ''
      : 'sed "s|^dir .*|dir $POD/v/queue|" "$1" >"$POD/redis.conf"\nshift\n';
    writeFileSync(join(own, 'bin', name), `#!/bin/sh\n${first}exec ${real} ${args}\n`, { mode: 0o755 });
  }
  // The queue's may be a claim.
  for (const one of [{ name: 'queue', emptyDir: {} }, ...pod.spec.volumes])
    volume(namespace, pod, one);
  serve(namespace, pod);
}

export function pulls(container) {
  return IMAGES.test(container.image);
}

const COMMAND = { controller: 'container.sh', worker: 'worker.sh' };

// What the image starts by itself is a path of this machine, also below /tmp.
function argv(namespace, pod, container) {
  const image = IMAGES.exec(container.image)[1];
  const start = container.args || container.command ? [] : [join(top, 'scripts', COMMAND[image])];
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  return [...start, ...words.map(word => mapped(namespace, pod, container, word))];
}

// run - start a container; its end is told to onExit(code)
export function run(namespace, pod, container, onExit) {
  const own = podOf(namespace, pod.metadata.name);
  const log = openSync(join(own, `${container.name}.log`), 'a');
  const [program, ...args] = argv(namespace, pod, container);
  const child = spawn(program, args, { cwd: own, env: environment(namespace, pod, container),
    stdio: ['ignore', log, log] });
  child.on('error', () => onExit(127));
  child.on('exit', (code, signal) => onExit(code ?? 128 + { SIGTERM: 15, SIGKILL: 9 }[signal] ));
  return child;
}

export function probe(namespace, pod, container) {
  const [program, ...args] = container.startupProbe.exec.command;
  return spawnSync(program, args, { env: environment(namespace, pod, container) }).status === 0;
}
