import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { createGate } from '../../../src/lib/logs/gate.ts';

test('a gate lets so many in at once, and the others in the order they came', async () => {
  const gate = createGate(4);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const leave = await gate.enter();
      order.push(index);
      most = Math.max(most, ++inside);
      await turn();
      inside -= 1;
      leave();
      leave();
    }),
  );
  assert.equal(most, 4);
  assert.deepEqual(
    order,
    order.map((_, index) => index),
  );
});
