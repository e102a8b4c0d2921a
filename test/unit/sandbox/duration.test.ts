import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration } from '../../../src/services/sandbox/api/duration.ts';

test('ages are printed as kubectl prints them', () => {
  const ages = [0, 119, 120, 599, 600, 10_799, 10_800, 28_799, 28_800, 172_799, 172_800, 691_200];
  assert.deepEqual(
    ages.map((seconds) => humanDuration(seconds * 1000)),
    ['0s', '119s', '2m', '9m59s', '10m', '179m', '3h', '7h59m', '8h', '47h', '2d', '8d'],
  );
});
