import assert from 'node:assert/strict';
import { devNull } from 'node:os';
import { describe, test } from 'node:test';
import { connect } from '../../../src/lib/kube/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { startLogServer, type LogServer } from './log-server.ts';
import { startFollowing } from './support.ts';

/** Milliseconds. */
const patience = { first: 100, longest: 400, answer: 1000 };

/** Follows a log through a proxy that can freeze. */
async function followBehind(server: LogServer, more: Parameters<typeof startFollowing>[1] = {}) {
  const { hostname, port } = new URL(server.api.server);
  const proxy: TcpProxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const around = { env: { KUBECONFIG: devNull }, log: () => {} };
  const api = await connect({ server: `http://127.0.0.1:${proxy.port}` }, around);
  const log = startFollowing({ ...server, api }, { patience, ...more });
  return { proxy, log };
}

/** How often the log was opened to be followed. */
const opened = (server: LogServer): number => server.asked.filter((url) => url.searchParams.has('follow')).length;
/** How often it was asked whether there is more. */
const questions = (server: LogServer): number =>
  server.asked.filter((url) => url.searchParams.has('limitBytes')).length;

describe('a followed connection that freezes without an end', () => {
  test('is left when the log went on, and each line comes once, in order', async () => {
    const server = await startLogServer();
    const behind = await followBehind(server);
    const { log, proxy } = behind;
    const expected: string[] = [];
    for (let round = 0; round < 4; round++) {
      const texts = [`${round} seen`, `${round} seen too`];
      server.write(...texts);
      await log.sees(`${round} seen too`);
      proxy.mute();
      server.write(`${round} meanwhile`);
      await log.sees(`${round} meanwhile`);
      expected.push(...texts, `${round} meanwhile`);
      server.wait(1000 + round * 1000);
    }
    assert.deepEqual(log.texts, expected);
    assert.ok(log.kinds().every((kind) => kind === 'resumed'));
    assert.match(JSON.stringify(log.events[0]), /though the log went on/);
  });

  test('is left within a line, too', async () => {
    const server = await startLogServer();
    const behind = await followBehind(server);
    const { log, proxy } = behind;
    server.write('first');
    await log.sees('first');
    proxy.freezeAfter(2_500_000);
    const long = 'x'.repeat(3 << 20);
    server.write(long, 'next');
    await eventually('it is frozen', () => server.asked.length > 0 && proxy.carried > 2_400_000);
    proxy.mute();
    proxy.thaw();
    await log.sees('next');
    assert.deepEqual(
      log.texts.map((text) => text.length),
      [5, long.length, 4],
    );
  });

  test('is left when the container has ended without another line', async () => {
    const server = await startLogServer();
    server.setRestartPolicy('Never');
    const behind = await followBehind(server);
    server.write('last');
    await behind.log.sees('last');
    behind.proxy.mute();
    server.exit(0);
    await behind.log.done;
    assert.deepEqual(behind.log.texts, ['last']);
    assert.deepEqual(behind.log.kinds(), ['ended']);
  });

  test('is left when another run has begun that says nothing', async () => {
    const server = await startLogServer();
    const behind = await followBehind(server, { containerId: 'containerd://0' });
    server.write('a');
    await behind.log.sees('a');
    behind.proxy.mute();
    server.write('end');
    server.exit(1);
    server.wait(5000);
    server.restart();
    await behind.log.hears('restarted');
    assert.deepEqual(behind.log.texts, ['a', 'end']);
  });

  test('is left before it gave anything, also where only later lines are wanted', async () => {
    const server = await startLogServer();
    const behind = await followBehind(server, { start: { tailLines: 0 } });
    await eventually('somebody follows', () => server.followed() > 0);
    behind.proxy.mute();
    server.write('a');
    await behind.log.sees('a');
    assert.deepEqual(behind.log.texts, ['a']);
  });

  test('is not taken for one when the log is silent: it is asked less and less often', async () => {
    const server = await startLogServer();
    const behind = await followBehind(server);
    server.write('a');
    await behind.log.sees('a');
    await eventually('it was asked often', () => questions(server) > 4);
    assert.equal(opened(server), 1);
    assert.deepEqual(behind.log.events, []);
    server.write('b');
    await behind.log.sees('b');
    assert.deepEqual(behind.log.texts, ['a', 'b']);
  });
});
