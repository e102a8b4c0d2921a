import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainDuration, parseDuration } from '../../../src/cli/duration.ts';

const durations: [string, number][] = [
  ['0', 0],
  ['-0', 0],
  ['0s', 0],
  ['5s', 5000],
  ['1m0s', 60_000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['5.s', 5000],
  ['2h45m', 9_900_000],
  ['-1s', -1000],
  ['+1s', 1000],
  ['1us', 0.001],
  ['1µs', 0.001],
  ['1μs', 0.001],
  ['1ns', 0.000001],
];

for (const [text, milliseconds] of durations) {
  test(`${text} is ${milliseconds} ms`, () => assert.equal(Number(parseDuration(text)) + 0, milliseconds));
}

for (const text of ['', '5', '1x', 's', '.s', '1s2', '1 s', '1d', '--1s', '1e3s', 'Infinitys', '1s\n']) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.equal(parseDuration(text), undefined));
}

test('the parts of a duration add up', () => {
  fc.assert(
    fc.property(fc.nat(99), fc.nat(59), fc.nat(59), fc.nat(999), (h, m, s, ms) => {
      assert.equal(parseDuration(`${h}h${m}m${s}s${ms}ms`), h * 3_600_000 + m * 60_000 + s * 1000 + ms);
    }),
  );
});

for (const [text, problem] of [
  ['', 'invalid duration ""'],
  ['abc', 'invalid duration "abc"'],
  ['5', 'missing unit in duration "5"'],
  ['1m5', 'missing unit in duration "1m5"'],
  ['1x', 'unknown unit "x" in duration "1x"'],
  ['-1h2days', 'unknown unit "days" in duration "-1h2days"'],
] as const) {
  test(`${JSON.stringify(text)} is refused as Go does it`, () =>
    assert.equal(explainDuration(text), `time: ${problem}`));
}
