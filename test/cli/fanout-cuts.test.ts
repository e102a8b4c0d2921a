import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startFleet, type Fleet } from '../support/fleet.ts';
import type { Ended } from '../support/program.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { readJsonLines } from '../support/json-lines.ts';

interface Result {
  readonly target: { readonly pod: string };
  readonly outcome: string;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly ran: string } | null;
}

suite('kx fanout-exec over links that are cut', () => {
  let fleet: Fleet;
  let server: { host: string; port: number };
  before(async () => {
    fleet = await startFleet();
    server = { host: '127.0.0.1', port: Number(fleet.sandbox.server.port) };
  });
  const through = (proxy: TcpProxy): string[] => ['--server', `https://127.0.0.1:${proxy.port}`];
  const resultsOf = ({ stdout }: Ended): Result[] => readJsonLines(stdout);
  /** How often commands with `runOf` of this name were run there. */
  const runsOn = async (pod: string, name: string): Promise<number> => {
    const { stdout } = await fleet.fanout([pod, '-c', 'main', '-q', '--', 'sh', '-c', `cat /tmp/${name} | wc -l`]);
    return Number(stdout.toString().trim().split(' ').at(-1));
  };
  const runOf = (name: string): string => `echo run >>/tmp/${name}`;

  test('a target whose connection is cut before the command was started is tried again, and runs it once', async () => {
    const proxy = await startTcpProxy(server);
    const args = [
      'web-[0-1]',
      ...through(proxy),
      '--batch',
      '1',
      '--batch-pause',
      '3s',
      '--retries',
      '9',
      '-o',
      'json',
      '-q',
    ];
    const running = fleet.start([...args, '--', 'sh', '-c', runOf('early')]);
    await running.sees(/"pod":"web-0"/);
    // The list was read, and the first has ended: whoever comes now is cut, and later served.
    const { port } = proxy;
    proxy.close();
    const cut = Promise.withResolvers<true>();
    const cutter = createServer((socket) => {
      socket.resetAndDestroy();
      cut.resolve(true);
    }).listen(port, '127.0.0.1');
    await Promise.race([cut.promise, running.ended]);
    cutter.close();
    await once(cutter, 'close');
    await startTcpProxy(server, port);
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stderr);
    const second = resultsOf(ended).find(({ target }) => target.pod === 'web-1');
    assert.ok((second?.attempts ?? 0) > 1, `${second?.attempts} attempts`);
    assert.deepEqual([await runsOn('web-0', 'early'), await runsOn('web-1', 'early')], [1, 1]);
  });

  test('a link that is cut while commands run: they are never tried again', async () => {
    const proxy = await startTcpProxy(server);
    const args = ['web-[2-3]', ...through(proxy), '--retries', '9', '-o', 'json', '-q'];
    const running = fleet.start([...args, '--', 'sh', '-c', `${runOf('late')}; sleep 60`]);
    for (const pod of ['web-2', 'web-3']) {
      await eventually(`${pod} runs`, async () => (await runsOn(pod, 'late')) === 1);
    }
    proxy.cut();
    const ended = await running.ended;
    assert.equal(ended.code, 125);
    for (const { outcome, attempts, error } of resultsOf(ended)) {
      assert.deepEqual([outcome, attempts, error?.code], ['unknown', 1, 'KX_CONNECTION_LOST']);
    }
    assert.deepEqual([await runsOn('web-2', 'late'), await runsOn('web-3', 'late')], [1, 1]);
  });

  test('a script that a cut link left in pieces is not run in part', async () => {
    const proxy = await startTcpProxy(server);
    const script = join(fleet.sandbox.folder, 'long.sh');
    writeFileSync(script, `${runOf('part')}\n${'# filler\n'.repeat(400_000)}`);
    for (const bytes of [60_000, 500_000, 2_000_000]) {
      proxy.cutAfter(bytes);
      const ended = await fleet.fanout(['web-[4-5]', ...through(proxy), '-o', 'json', '-q', '--script', script]);
      assert.equal(ended.code, 125, ended.stderr);
      for (const { outcome } of resultsOf(ended)) assert.notEqual(outcome, 'succeeded');
    }
    assert.deepEqual([await runsOn('web-4', 'part'), await runsOn('web-5', 'part')], [0, 0]);
  });
});
