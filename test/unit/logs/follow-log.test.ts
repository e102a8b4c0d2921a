import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../target/api-server.ts';
import { startLogServer, type LogServer } from './log-server.ts';
import { source, startFollowing } from './support.ts';

/** Waits until somebody follows the log (again). */
function followed(server: LogServer): Promise<unknown> {
  return eventually('somebody follows', () => server.followed() > 0);
}

describe('a followed log', () => {
  test('goes on where it was when the connection is cut, with nothing lost or repeated', async () => {
    const server = await startLogServer();
    server.write('a', 'b');
    const log = startFollowing(server);
    await log.sees('b');
    server.cut();
    server.write('c');
    server.wait(3000);
    server.write('d');
    await log.sees('d');
    await followed(server);
    server.write('e');
    await log.sees('e');
    assert.deepEqual(log.texts, ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(log.kinds(), ['resumed']);
  });

  test('counts lines of one timestamp: those that were seen are dropped, and only those', async () => {
    const server = await startLogServer();
    const log = startFollowing(server);
    await followed(server);
    const at = server.now();
    for (const text of ['1', '2', '3']) server.writeAt(at, text);
    await log.sees('3');
    server.cut();
    for (const text of ['4', '5']) server.writeAt(at, text);
    await log.sees('5');
    assert.deepEqual(log.texts, ['1', '2', '3', '4', '5']);
  });

  test('takes a line that is older than the last one, as stdout and stderr may be out of order', async () => {
    const server = await startLogServer();
    const log = startFollowing(server);
    await followed(server);
    server.writeAt('2026-01-02T03:04:05.000000000Z', 'late');
    await log.sees('late');
    server.cut();
    server.writeAt('2026-01-02T03:04:04.999999999Z', 'early');
    await log.sees('early');
    assert.deepEqual(log.texts, ['late', 'early']);
  });

  test('is whole after cuts at many places in its lines', async () => {
    const server = await startLogServer();
    const log = startFollowing(server);
    const expected: string[] = [];
    for (let at = 0; at < 45; at += 3) {
      await followed(server);
      server.cutAfter(at);
      for (const text of [`${at}-a`, `${at}-b`]) {
        expected.push(text);
        server.write(text);
      }
      await log.sees(`${at}-b`);
    }
    assert.deepEqual(log.texts, expected);
    assert.ok(!log.kinds().includes('rotated'));
  });

  test('gives a long line once, though it is cut within', async () => {
    const server = await startLogServer();
    const long = Array.from({ length: 400_000 }, (_, index) => String(index).padStart(8)).join('');
    const log = startFollowing(server);
    await followed(server);
    server.cutAfter(2_500_000);
    server.write(long, 'next');
    await log.sees('next');
    assert.deepEqual(
      log.texts.map((text) => text.length),
      [long.length, 4],
    );
    assert.equal(log.texts[0], long);
  });

  test('says with both times that lines may be missing when a rotation came with the cut', async () => {
    const server = await startLogServer();
    server.write('a');
    const from = server.now();
    const log = startFollowing(server);
    await log.sees('a');
    server.cut();
    server.write('lost');
    server.rotate();
    server.wait(10_000);
    server.write('b');
    const to = server.now();
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
    assert.deepEqual(
      log.events.filter(({ type }) => type === 'rotated').map((event) => ({ ...event, source: undefined })),
      [{ type: 'rotated', source: undefined, from, to }],
    );
  });

  test('says that lines may be missing when the clock of the node was set back before the cut', async () => {
    await using server = await startLogServer();
    server.write('a');
    const late = server.now();
    await using log = startFollowing(server);
    await log.sees('a');
    server.wait(-60_000);
    server.write('b');
    await log.sees('b');
    const early = server.now();
    server.cut();
    await log.hears('set-back');
    assert.deepEqual(
      log.events.find(({ type }) => type === 'set-back'),
      { type: 'set-back', source, from: early, to: late },
    );
    server.wait(120_000);
    server.write('c');
    await log.sees('c');
    assert.deepEqual(log.texts, ['a', 'b', 'c']);
  });

  test('does not take a clean end of the stream for the end of the container', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.close();
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
  });

  test('does not show what the kubelet writes of its own troubles into the log', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.close('failed to create fsnotify watcher: too many open files');
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
    const [resumed] = log.events;
    assert.match(JSON.stringify(resumed), /too many open files/);
  });

  test('ends when the container has ended for good, with the last lines', async () => {
    const server = await startLogServer();
    server.setRestartPolicy('Never');
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.cut();
    server.write('last');
    server.exit(3);
    await log.done;
    assert.deepEqual(log.texts, ['a', 'last']);
    assert.deepEqual(log.events.at(-1), { ...log.events.at(-1), type: 'ended', why: 'exit code 3', final: true });
  });

  test('goes on with the next run of a container that is started again', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.exit(1);
    await log.hears('ended');
    server.wait(10_000);
    server.restart();
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
    assert.deepEqual(log.kinds(), ['ended', 'restarted']);
  });

  test('reads the end of the run before when a new one has begun meanwhile', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.cut();
    server.write('end of the first run');
    server.exit(1);
    server.wait(5000);
    server.restart();
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'end of the first run', 'b']);
    assert.deepEqual(log.kinds(), ['restarted']);
  });

  test('reads the run between, and says that the end of the first is gone, after two restarts', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server, { containerId: 'containerd://0' });
    await log.sees('a');
    server.cut();
    server.write('gone');
    server.exit(1);
    server.wait(5000);
    server.restart();
    server.write('between');
    server.exit(1);
    server.wait(5000);
    server.restart();
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'between', 'b']);
    assert.deepEqual(log.kinds(), ['missed', 'restarted']);
  });

  test('ends when the pod is gone', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.delete();
    await log.done;
    assert.deepEqual(log.kinds(), ['gone']);
  });

  test('does not believe a kubelet that has just started and knows no pods', async () => {
    const server = await startLogServer();
    server.write('a');
    const log = startFollowing(server);
    await log.sees('a');
    server.refuse(failure(404, 'NotFound', 'the server could not find the requested resource ( pods/log p)'));
    server.cut();
    server.write('b');
    await eventually('it was asked again', () => server.asked.length > 2);
    server.refuse(undefined);
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
    assert.ok(!log.kinds().includes('gone'));
  });

  test('waits for a container that has not started, and gives up when the time is over', async () => {
    const server = await startLogServer();
    const notStarted = failure(400, 'BadRequest', 'container "main" in pod "p" is waiting to start: ContainerCreating');
    server.refuse(notStarted);
    const log = startFollowing(server);
    await log.hears('waiting');
    server.refuse(undefined);
    server.write('a');
    await log.sees('a');
    server.refuse(notStarted);
    const late = startFollowing(server, { startTimeoutMs: 0 });
    await assert.rejects(late.done, /is waiting to start/);
  });

  test('with no lines to begin with gives only those that come later, through cuts too', async () => {
    const server = await startLogServer();
    server.write('old', 'older');
    const log = startFollowing(server, { start: { tailLines: 0 } });
    await followed(server);
    server.write('a');
    await log.sees('a');
    server.cut();
    server.write('b');
    await log.sees('b');
    assert.deepEqual(log.texts, ['a', 'b']);
  });

  test('does not give lines before the first one when it is opened again', async () => {
    const server = await startLogServer();
    server.write('1', '2', '3', '4');
    const log = startFollowing(server, { start: { tailLines: 2 } });
    await log.sees('4');
    server.cut();
    server.write('5');
    await log.sees('5');
    assert.deepEqual(log.texts, ['3', '4', '5']);
    assert.deepEqual(log.kinds(), ['resumed']);
  });

  test('fails at once where the user has no right', async () => {
    const server = await startLogServer();
    server.refuse(failure(403, 'Forbidden', 'pods "p" is forbidden: User "u" cannot get resource "pods/log"'));
    const log = startFollowing(server);
    await assert.rejects(log.done, { code: 'KX_FORBIDDEN' });
  });
});
