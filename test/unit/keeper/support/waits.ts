/** A test file that takes long. */
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { start } from '../../../support/program.ts';

test('waits', async () => {
  const running = start('sh', ['-c', 'setsid sleep 600 & echo "sleeper $!;"; wait']);
  const [found] = await running.sees(/sleeper \d+;/);
  // The runner may hold back what a file prints.
  writeFileSync(process.env['KX_TEST_NOTE'] ?? '', found);
  await delay(600_000);
});
