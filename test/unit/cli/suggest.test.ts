import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest } from '../../../src/cli/suggest.ts';

const names = ['container', 'stdin', 'namespace', 'context', 'v', 'as', 'as-uid'];
const cases: [string, string | undefined][] = [
  ['contaner', 'container'],
  ['contianer', 'container'],
  ['Container', 'container'],
  ['stdn', 'stdin'],
  ['namespaces', 'namespace'],
  ['as-udi', 'as-uid'],
  ['x', undefined],
  ['', undefined],
  ['follow', undefined],
  ['x'.repeat(500), undefined],
];

for (const [word, meant] of cases) {
  test(`"${word.slice(0, 20)}" means ${meant ?? 'nothing near'}`, () => assert.equal(suggest(word, names), meant));
}
