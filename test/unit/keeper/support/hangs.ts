/** A test file that does not even see its own timers. */
import { test } from 'node:test';
import { start } from '../../../support/program.ts';

test('hangs', () => {
  console.log(`sleeper ${start('sleep', ['600']).child.pid};`);
  for (;;);
});
