import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startLogServer } from './log-server.ts';
import { startFollowing } from './support.ts';

suite('a log that is removed with its container', () => {
  test('was all where its stream ended with the container', async () => {
    await using server = await startLogServer();
    server.setRestartPolicy('Never');
    server.write('a', 'b');
    await using log = startFollowing(server);
    await log.sees('b');
    server.remove();
    server.exit(0);
    await log.done;
    assert.deepEqual(log.texts, ['a', 'b']);
    assert.deepEqual(
      log.events.map(({ type }) => type),
      ['ended'],
    );
  });

  test('may lack lines where its stream was cut, which is said', async () => {
    await using server = await startLogServer();
    server.setRestartPolicy('Never');
    server.write('a', 'b');
    await using log = startFollowing(server);
    await log.sees('b');
    server.remove();
    server.cut();
    server.exit(0);
    await log.done;
    assert.deepEqual(log.texts, ['a', 'b']);
    assert.deepEqual(log.kinds().slice(-2), ['missed', 'ended']);
  });
});
