/** A test file that takes long. */
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { start } from '../../../support/program.ts';

test('waits', async () => {
  console.log(`sleeper ${start('sleep', ['600']).child.pid};`);
  await delay(600_000);
});
