/** A test file whose tests fail, each with something that runs. */
import { before, suite, test } from 'node:test';
import { start } from '../../../support/program.ts';
import { startTcpProxy } from '../../../support/tcp-proxy.ts';

function startAll(): Promise<unknown> {
  const { child } = start('sleep', ['600']);
  // For the runner's own test.
  console.log(`sleeper ${child.pid};`);
  child.kill('SIGSTOP');
  return startTcpProxy({ host: '127.0.0.1', port: 1 });
}

suite('a suite', () => {
  before(startAll);
  test('fails', async () => {
    await startAll();
    throw new Error('on purpose');
  });
  test('is not over in time', { timeout: 200 }, async () => {
    await startAll();
    await new Promise(() => {});
  });
});
