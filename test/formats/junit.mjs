// junit - read the JUnit XML on stdin with a library; tell what it found
import {readFileSync} from 'node:fs';
import {parse} from 'junit2json';

const read = await parse(readFileSync(0, 'utf8'));
const cases = read.testsuite.flatMap(suite => suite.testcase);
const count = kind => cases.filter(c => c[kind]?.length).length;

console.log(`${cases.length} cases, ${count('failure')} failures, ` +
	`${count('error')} errors, ${count('skipped')} skipped`);
