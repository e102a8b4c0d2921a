import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { readJsonLines } from '../support/json-lines.ts';

interface Result {
  readonly target: { readonly context: string; readonly pod: string | null };
  readonly index: number;
  readonly outcome: string;
  readonly error: { readonly code: string } | null;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

suite('kx fanout-exec: several clusters of which some do not answer', () => {
  let fleet: Fleet;
  let proxy: TcpProxy;
  let env: { KUBECONFIG: string };
  const held = new Set<Socket>();
  const silent = createServer((socket) => void held.add(socket.on('error', () => {})));
  before(async () => {
    fleet = await startFleet();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const given = readFileSync(fleet.sandbox.kubeconfig, 'utf8');
    const fieldOf = (name: string): string => new RegExp(`${name}: (\\S+)`).exec(given)?.[1] ?? assert.fail(name);
    const port = Number(fleet.sandbox.server.port);
    proxy = await startTcpProxy({ host: '127.0.0.1', port });
    const ports = { sandbox: port, closed: await freePort(), silent: portOf(silent), late: proxy.port };
    const authority = { 'certificate-authority-data': fieldOf('certificate-authority-data') };
    const keys = ['client-certificate-data', 'client-key-data'].map((name) => [name, fieldOf(name)]);
    const context = (name: string, cluster: string, user: string) => ({
      name,
      context: { cluster, user, namespace: 'default' },
    });
    const config = {
      clusters: Object.entries(ports).map(([name, at]) => ({
        name,
        cluster: { ...authority, server: `https://127.0.0.1:${at}` },
      })),
      users: [
        { name: 'admin', user: Object.fromEntries(keys) as object },
        { name: 'nobody', user: { token: 'wrong' } },
      ],
      contexts: [
        ...Object.keys(ports).map((name) => context(name, name, 'admin')),
        context('stranger', 'sandbox', 'nobody'),
      ],
    };
    env = { KUBECONFIG: join(fleet.sandbox.folder, 'clusters') };
    writeFileSync(env.KUBECONFIG, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  });
  after(() => {
    for (const socket of held) socket.destroy();
    silent.close();
  });
  const words = (contexts: readonly string[], ...more: string[]): string[] => [
    ...contexts.flatMap((name) => ['--context', name]),
    ...['sts/db', '-c', 'main', ...more],
  ];
  const echo = ['--', 'echo', 'hi'];
  const resultsOf = (stdout: Buffer): Result[] => readJsonLines(stdout);

  test('one that cannot be reached is named and counted, and the others run', async () => {
    const { code, stdout, stderr } = await fleet.fanout(words(['closed', 'sandbox'], ...echo), { env });
    assert.equal(code, 125);
    assert.deepEqual(
      stdout.toString().split('\n').slice(0, -1).sort(),
      [0, 1, 2].map((i) => `sandbox db-${i} hi`),
    );
    assert.match(stderr, /^closed error: cannot reach the server .* \[KX_UNREACHABLE\]$/m);
    assert.match(
      stderr,
      /^4 targets in .*: 3 succeeded, 1 not reached\n {2}not reached, KX_UNREACHABLE \(1\): closed$/m,
    );
  });

  test('in JSON it is a target of which only the context is known', async () => {
    const { stdout } = await fleet.fanout(words(['closed', 'sandbox'], '-q', '-o', 'json', ...echo), { env });
    const result = resultsOf(stdout).find(({ target }) => target.context === 'closed');
    assert.deepEqual(result?.target, {
      context: 'closed',
      namespace: null,
      pod: null,
      uid: null,
      container: null,
      node: null,
    });
    assert.deepEqual([result.outcome, result.error?.code], ['not-reached', 'KX_UNREACHABLE']);
  });

  test('nobody waits for one that is silent, and when it fails at last it is not reached', async () => {
    const running = fleet.start(words(['silent', 'sandbox'], ...echo), { env });
    await running.sees(/^no answer yet from silent: the others begin$/m);
    for (const i of [0, 1, 2]) await running.sees(new RegExp(`^sandbox default db-${i} main hi$`, 'm'));
    for (const socket of held) socket.destroy();
    const { code, stderr } = await running.ended;
    assert.equal(code, 125);
    assert.match(stderr, /^4 targets in .*: 3 succeeded, 1 not reached\n {2}not reached, KX_\w+ \(1\): silent$/m);
  });

  test('one that answers late takes part, behind the others', async () => {
    proxy.freeze();
    const running = fleet.start(words(['late', 'sandbox'], '-o', 'json', ...echo), { env });
    await running.sees(/"context":"sandbox".*"pod":"db-2"/);
    proxy.thaw();
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    const late = resultsOf(stdout).filter(({ target }) => target.context === 'late');
    assert.deepEqual(late.map(({ index }) => index).sort(), [3, 4, 5]);
    assert.match(stderr, /^6 targets in .*: 6 succeeded$/m);
  });

  test('Ctrl-C does not wait for it either', async () => {
    const running = fleet.start(words(['silent', 'sandbox'], '-o', 'json', ...echo), { env });
    for (const i of [0, 1, 2]) await running.sees(new RegExp(`"pod":"db-${i}"`));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /^4 targets in .*: 3 succeeded, 1 skipped\n {2}skipped \(1\): silent$/m);
  });

  test('where all must be known first, and where one refuses, nothing runs anywhere', async () => {
    const cases = [
      words(['closed', 'sandbox'], '--dry-run'),
      words(['closed', 'sandbox'], '--pick', '2', ...echo),
      words(['closed', 'sandbox'], '--batch', '50%', ...echo),
      words(['stranger', 'sandbox'], ...echo),
      words(['closed'], ...echo),
    ];
    for (const args of cases) {
      const { code, stdout, stderr } = await fleet.fanout(args, { env });
      assert.deepEqual([code, stdout.length], [125, 0], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^error: .* \[KX_(UNREACHABLE|UNAUTHENTICATED)\]$/m);
    }
  });
});
