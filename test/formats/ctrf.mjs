// ctrf - judge the CTRF report on stdin by CTRF's own schema
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import Ajv from 'ajv';
import formats from 'ajv-formats';

const ctrf = dirname(createRequire(import.meta.url).resolve('ctrf'));
const schema = JSON.parse(readFileSync(join(ctrf, 'ctrf-schema-0.0.json')));
const ajv = new Ajv({strict: false});

formats(ajv);
const valid = ajv.validate(schema, JSON.parse(readFileSync(0)));

if (!valid)
	console.error(ajv.errorsText());
process.exitCode = valid ? 0 : 1;
