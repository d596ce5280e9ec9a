// api.js - the objects of the mock cluster, as files, and the server's rules
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync,
  writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const cluster = process.env.CLUSTER;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const LABEL = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const MiB = 1048576;

function file(namespace, kind, name) {
  return join(cluster, namespace, kind, `${name}.json`);
}

export function namespaceExists(namespace) {
  return existsSync(join(cluster, namespace));
}

export function createNamespace(name) {
  mkdirSync(join(cluster, name), { recursive: true });
}

export function read(namespace, kind, name) {
  try {
    return JSON.parse(readFileSync(file(namespace, kind, name), 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT')
      throw error;
    return null;
  }
}

export function matches(labels, selector) {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

// list NAMESPACE, KIND, 'key=value,…'
export function list(namespace, kind, selector = '') {
  const folder = dirname(file(namespace, kind, 'x'));
  const wanted = Object.fromEntries(selector.split(',').filter(Boolean).map(s => s.split('=')));
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter(name => name.endsWith('.json'))
    .map(name => read(namespace, kind, name.slice(0, -'.json'.length)))
    .filter(object => object && matches(object.metadata.labels, wanted));
}

function write(namespace, object, flag) {
  const path = file(namespace, object.kind, object.metadata.name);
  mkdirSync(dirname(path), { recursive: true });
  if (flag === 'wx') {
    writeFileSync(path, JSON.stringify(object), { flag });
    return;
  }
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(object));
  renameSync(`${path}.${process.pid}`, path);
}

export function update(namespace, object) {
  write(namespace, object);
}

// create - null, or why not
export function create(namespace, object) {
  try {
    write(namespace, object, 'wx');
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST')
      throw error;
    return `${object.kind} "${object.metadata.name}" already exists`;
  }
}

export function remove(namespace, kind, name) {
  const there = existsSync(file(namespace, kind, name));
  rmSync(file(namespace, kind, name), { force: true });
  return there;
}

// find - the pod meant by pod/NAME, job/NAME or statefulset/NAME
export function find(namespace, word, name, kindOf) {
  const kind = kindOf(word);
  if (kind === 'Pod')
    return read(namespace, kind, name);
  return list(namespace, 'Pod').find(pod => pod.metadata.ownerReferences[0].name === name &&
    pod.metadata.ownerReferences[0].kind === kind);
}

function labelProblem(labels = {}) {
  const bad = Object.entries(labels).find(([, value]) => value.length > 63 || !LABEL.test(value));
  return bad && `a label's value: ${bad}`;
}

// problem - what the API server says of an object, beyond its types
export function problem(namespace, { kind, metadata, spec, data, binaryData, ...rest }) {
  const { name } = metadata;
  const longest = ['Service', 'Job'].includes(kind) ? 63 : kind === 'StatefulSet' ? 52 : 253;
  const size = JSON.stringify({ data, binaryData, ...rest }).length;

  if (metadata.namespace !== undefined && metadata.namespace !== namespace)
    return `the namespace of ${kind}/${name} is ${metadata.namespace}`;
  if (!NAME.test(name) || name.length > longest || (kind === 'Service' && !/^[a-z][-a-z0-9]*$/.test(name)))
    return `${kind} "${name}" is invalid: metadata.name`;
  if (['ConfigMap', 'Secret'].includes(kind) && size > MiB)
    return `${kind} "${name}" is invalid: Too long: must have at most ${MiB} bytes`;
  return labelProblem(metadata.labels) ?? labelProblem(spec?.template?.metadata?.labels) ?? null;
}
