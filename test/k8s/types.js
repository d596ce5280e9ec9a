#!/usr/bin/env node
// types.js FOLDER - turn FOLDER/*.yaml into FOLDER/*.json and check every object
//
// Values (enums, patterns, what is required) by the models' own schemas, unknown
// fields by the compiler: a literal may not have a field that its type has not.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const folder = resolve(process.argv[2]);
const here = dirname(new URL(import.meta.url).pathname);
// Beside node_modules, where the compiler looks for the models.
const literals = join(here, 'node_modules', `.literals-${process.pid}`);
process.on('exit', () => rmSync(literals, { recursive: true, force: true }));
const problems = [];

function model({ apiVersion, kind }) {
  const group = apiVersion.split('/')[0];
  const home = {
    'keda.sh': '@kubernetes-models/keda/',
    'monitoring.coreos.com': '@kubernetes-models/prometheus-operator/',
  }[group] ?? 'kubernetes-models/';
  return { path: home + apiVersion, kind };
}

async function checkValues(where, object) {
  const { path, kind } = model(object);
  try {
    new (await import(path))[kind](object).validate();
  } catch (error) {
    problems.push(`${where}: ${error.message}`);
  }
}

function literal(object) {
  const { path, kind } = model(object);
  return `import type { I${kind} } from '${path}';\n` +
    `export const object: I${kind} = ${JSON.stringify(object, null, 2)};\n`;
}

function checkFields(files) {
  const program = ts.createProgram([...files.keys()], {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const where = file ? files.get(file.fileName) ?? file.fileName : 'tsc';
    const near = file?.text.slice(start).split('\n')[0].trim() ?? '';
    problems.push(`${where}: ${near} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  }
}

mkdirSync(literals, { recursive: true });
const files = new Map();
const seen = new Set();
for (const name of readdirSync(folder).filter(name => name.endsWith('.yaml'))) {
  const objects = parseAllDocuments(readFileSync(join(folder, name), 'utf8'))
    .map(document => document.toJS()).filter(Boolean);
  writeFileSync(join(folder, name.replace(/yaml$/, 'json')), JSON.stringify(objects));
  for (const object of objects) {
    const text = JSON.stringify(object);
    if (seen.has(text))
      continue;
    seen.add(text);
    const where = `${name} ${object.kind}/${object.metadata.name}`;
    await checkValues(where, object);
    const file = join(literals, `${seen.size}.ts`);
    writeFileSync(file, literal(object));
    files.set(file, where);
  }
}
checkFields(files);
for (const problem of problems)
  console.error(problem);
console.log(`${seen.size} objects of ${readdirSync(folder).filter(n => n.endsWith('.json')).length} renderings checked`);
process.exit(problems.length ? 1 : 0);
