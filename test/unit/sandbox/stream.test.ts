import assert from 'node:assert/strict';
import { once } from 'node:events';
import { before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { load } from 'js-yaml';
import { WebSocket } from 'ws';
import { v4, v5 } from '../../../src/lib/remotecommand/index.ts';
import { faultAnnotation, startSandbox, type Sandbox } from '../../../src/services/sandbox/index.ts';
import { endAfterwards } from '../../support/ending.ts';

const faults = {
  fine: '',
  'cut-output': 'cut-after=1000',
  'cut-input': 'cut-stdin-after=1000',
  frozen: 'freeze-after=1000',
  mute: 'no-status',
  late: 'late-status=300ms',
  slow: 'slow-read=64KiB/s',
  refused: 'refuse-upgrade=503',
  old: 'no-v5',
  far: 'latency=200ms',
};
const objects = [
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } },
  ...Object.entries(faults).map(([name, words]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: { [faultAnnotation]: words } },
    spec: { containers: [{ name: 'main' }] },
  })),
  {
    apiVersion: 'kx.dev/v1',
    kind: 'SandboxUser',
    metadata: { name: 'root' },
    spec: { token: 'token', groups: ['system:masters'] },
  },
];

interface Session {
  readonly ws: WebSocket;
  /** Bytes of stdout so far. */
  bytes(): number;
  /** The Status that came, if one did. */
  status(): { status: string; details?: { causes: { message: string }[] } } | undefined;
  readonly closed: Promise<number>;
}

suite('exec sessions of the sandbox', () => {
  let sandbox: Sandbox;
  let ca: string;
  before(async () => {
    sandbox = await startSandbox({ cluster: objects.map((each) => JSON.stringify(each)).join('\n---\n') });
    endAfterwards(() => sandbox.close());
    const { clusters } = load(sandbox.kubeconfig) as {
      clusters: { cluster: { 'certificate-authority-data': string } }[];
    };
    ca = Buffer.from(clusters[0]!.cluster['certificate-authority-data'], 'base64').toString();
  });

  const connect = (pod: string, script: string, protocols: string[] = [v5, v4]): WebSocket => {
    const query = new URLSearchParams([
      ...['sh', '-c', script].map((word) => ['command', word] as [string, string]),
      ...['stdin', 'stdout', 'stderr'].map((name) => [name, 'true'] as [string, string]),
    ]);
    const url = `${sandbox.server}/api/v1/namespaces/default/pods/${pod}/exec?${query.toString()}`;
    return new WebSocket(url, protocols, { ca, headers: { authorization: 'Bearer token' }, perMessageDeflate: false });
  };
  const open = async (pod: string, script: string, protocols?: string[]): Promise<Session> => {
    const ws = connect(pod, script, protocols);
    let bytes = 0;
    let status: ReturnType<Session['status']>;
    ws.on('message', (message: Buffer) => {
      if (message[0] === 1) bytes += message.length - 1;
      if (message[0] === 3) status = JSON.parse(message.subarray(1).toString()) as ReturnType<Session['status']>;
    });
    const closed = once(ws, 'close').then(([code]) => code as number);
    await once(ws, 'open');
    return { ws, bytes: () => bytes, status: () => status, closed };
  };
  const endInput = ({ ws }: Session) => ws.send(Buffer.from([255, 0]));

  test('end with a Status and a polite close', async () => {
    const session = await open('fine', 'cat; exit 3');
    session.ws.send(Buffer.from('\0hello'));
    endInput(session);
    assert.equal(await session.closed, 1000);
    assert.equal(session.bytes(), 5);
    assert.equal(session.status()?.details?.causes[0]?.message, '3');
  });

  test('speak the first subprotocol offered that is known', async () => {
    for (const [offer, chosen] of [
      [[v5, v4], v5],
      [[v4, v5], v4],
      [['v9.channel.k8s.io', v4], v4],
    ] as const) {
      const { ws } = await open('fine', 'true', [...offer]);
      assert.equal(ws.protocol, chosen);
      ws.close();
    }
    const { ws } = await open('old', 'true');
    assert.equal(ws.protocol, v4);
    ws.close();
  });

  test('cut-after: exactly so many bytes come, and no close frame', async () => {
    const session = await open('cut-output', 'head -c 5000 /dev/zero; sleep 60');
    assert.equal(await session.closed, 1006);
    assert.equal(session.bytes(), 1000);
    assert.equal(session.status(), undefined);
  });

  test('cut-stdin-after: so much of stdin is taken', async () => {
    const session = await open('cut-input', 'cat');
    session.ws.send(Buffer.concat([Buffer.from([0]), Buffer.alloc(5000)]));
    assert.equal(await session.closed, 1006);
  });

  test('freeze-after: nothing more comes, and no pong', async () => {
    const session = await open('frozen', 'head -c 5000 /dev/zero');
    while (session.bytes() < 1000) await once(session.ws, 'message');
    let pongs = 0;
    session.ws.on('pong', () => pongs++);
    session.ws.ping();
    await delay(300);
    assert.deepEqual([session.bytes(), session.status(), pongs], [1000, undefined, 0]);
    session.ws.terminate();
  });

  test('no-status: a polite close without one', async () => {
    const session = await open('mute', 'echo hello');
    assert.equal(await session.closed, 1000);
    assert.deepEqual([session.bytes(), session.status()], [6, undefined]);
  });

  test('late-status: it comes so much later', async () => {
    const session = await open('late', 'echo hello');
    while (session.bytes() < 6) await once(session.ws, 'message');
    const before = performance.now();
    assert.equal(await session.closed, 1000);
    assert.equal(session.status()?.status, 'Success');
    assert.ok(performance.now() - before >= 250);
  });

  test('slow-read: stdin is taken at the rate, whole', async () => {
    const session = await open('slow', 'wc -c');
    const before = performance.now();
    for (let piece = 0; piece < 2; piece++) {
      session.ws.send(Buffer.concat([Buffer.from([0]), Buffer.alloc(32 << 10)]));
    }
    endInput(session);
    assert.equal(await session.closed, 1000);
    assert.equal(session.bytes(), '65536\n'.length);
    assert.ok(performance.now() - before >= 800);
  });

  test('latency: the upgrade and what the client says come later', async () => {
    const before = performance.now();
    const session = await open('far', 'cat');
    assert.ok(performance.now() - before >= 180);
    endInput(session);
    await session.closed;
    assert.ok(performance.now() - before >= 360);
  });

  test('refuse-upgrade: the HTTP code that was asked for', async () => {
    const ws = connect('refused', 'true');
    ws.on('error', () => {});
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
    response.resume();
    assert.equal(response.statusCode, 503);
  });
});
