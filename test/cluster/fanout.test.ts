import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary, run, start, type Ended, type Running } from '../support/program.ts';
import { countSleepers, uniqueSleep } from '../support/remote-processes.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { kubectl, onNode, ownNamespace, podManifest } from './support.ts';
import { endAfterwards, endProcessAfterwards, temporaryFolder } from '../support/ending.ts';
import { readJsonLines } from '../support/json-lines.ts';

const replicas = 60;
const images = process.env['KX_TEST_IMAGES'] ?? '';
const fleet = `apiVersion: apps/v1
kind: Deployment
metadata: {name: tiny}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: tiny}}
  template:
    metadata: {labels: {app: tiny, ready: expected}}
    spec:
      terminationGracePeriodSeconds: 1
      enableServiceLinks: false
      automountServiceAccountToken: false
      containers:
      - {name: main, image: ${images}kx-busybox:local}
`;
const namespace = await ownNamespace(
  'fanout',
  fleet,
  podManifest('debian', 'kx-debian'),
  podManifest('distroless', 'kx-distroless'),
  podManifest('on-1', 'kx-busybox', { node: 'node-1' }),
  podManifest('on-2', 'kx-busybox', { node: 'node-2' }),
  podManifest('on-3', 'kx-busybox', { node: 'node-3' }),
);
await kubectl('rollout', 'status', '-n', namespace, 'deployment/tiny', '--timeout=300s');

const env = { KUBECONFIG: clusterKubeconfig() };
const words = (args: readonly string[], context = 'kx'): string[] => [
  ...['fanout-exec', '--context', context, '-n', namespace],
  ...args,
];
const fanout = (args: readonly string[], context?: string): Promise<Ended> =>
  run(kxBinary(), words(args, context), { env, timeout: 180_000 });
const startFanout = (args: readonly string[]): Running =>
  start(kxBinary(), words(args), { env, stdin: null, timeout: 180_000 });

interface Result {
  readonly target: { readonly pod: string; readonly node: string };
  readonly outcome: string;
  readonly code: number | null;
  readonly error: { readonly code: string; readonly ran: string } | null;
  readonly stdout: string;
  readonly attempts: number;
}
const resultsOf = ({ stdout }: Ended): Result[] => readJsonLines(stdout);
const resultOf = (ended: Ended, pod: string): Result =>
  resultsOf(ended).find(({ target }) => target.pod === pod) ??
  assert.fail(`${pod} is not in ${ended.stdout.toString()}`);

/** How many processes of a mark there are in all pods of the deployment. */
async function sleepers(mark: string): Promise<number> {
  const ended = await fanout(['deploy/tiny', '-q', '-o', 'json', '--', ...countSleepers(mark)]);
  return resultsOf(ended).reduce((sum, { stdout }) => sum + Number(stdout), 0);
}

suite('a command in sixty real pods', () => {
  test('runs once in each, and each is who it says', async () => {
    const ended = await fanout(['deploy/tiny', '-o', 'json', '-q', '--', 'hostname']);
    assert.equal(ended.code, 0, ended.stderr);
    const results = resultsOf(ended);
    assert.equal(results.length, replicas);
    for (const { target, stdout } of results) assert.equal(stdout, `${target.pod}\n`);
    const nodes = new Set(results.map(({ target }) => target.node));
    assert.ok(foreignCluster || nodes.size === 3, [...nodes].join());
  });

  test('codes and outputs are gathered', async () => {
    const { code, stdout, stderr } = await fanout([
      'deploy/tiny',
      '-o',
      'gather',
      '--',
      'sh',
      '-c',
      'echo {index} | cut -c1; exit $(({index} % 2 * 3))',
    ]);
    assert.equal(code, 3);
    assert.match(stderr, /^60 targets in .*: 30 succeeded, 30 failed\n {2}exit code 3 \(30\): /m);
    assert.match(stdout.toString(), /^-{3,}\n/);
  });

  test('folded names mean their pods, in each of several clusters', { skip: foreignCluster }, async () => {
    const args = ['on-[1-2],debian', '--context', 'kx-old', '-o', 'json', '-q', '--env', 'WHO={context}:{pod}'];
    const ended = await fanout([...args, '--', 'sh', '-c', 'echo $WHO']);
    assert.equal(ended.code, 0, ended.stderr);
    const said = resultsOf(ended).map(({ stdout }) => stdout);
    const expected = ['kx', 'kx-old'].flatMap((name) => ['debian', 'on-1', 'on-2'].map((pod) => `${name}:${pod}\n`));
    assert.deepEqual(said.sort(), expected.sort());
  });

  test('stdin and scripts reach all of them whole', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'count.sh');
    await writeFile(script, `wc -c; echo "$1"\n${'# filler\n'.repeat(30_000)}exit 5\n`);
    const input = Buffer.alloc(500_000, 'x');
    const args = ['deploy/tiny', 'debian', '-i', '-o', 'json', '-q', '--script', script, '--', '{pod}'];
    const ended = await run(kxBinary(), words(args), { env, stdin: input, timeout: 180_000 });
    assert.equal(ended.code, 5, ended.stderr);
    for (const { target, stdout, code } of resultsOf(ended)) {
      assert.deepEqual([stdout.replace(/^\s+/, ''), code], [`500000\n${target.pod}\n`, 5]);
    }
  });

  test('an image without a shell runs its own programs, and is not reached by what needs one', async () => {
    const bare = await fanout(['distroless', 'debian', '-o', 'json', '-q', '--', '/app', 'exit', '4']);
    assert.equal(resultOf(bare, 'distroless').code, 4, bare.stdout.toString());
    assert.equal(resultOf(bare, 'debian').code, 127);
    const wrapped = await fanout(['distroless', 'debian', '-o', 'json', '-q', '--env', 'A=b', '--', 'true']);
    assert.equal(wrapped.code, 125);
    assert.equal(resultOf(wrapped, 'distroless').error?.code, 'KX_SHELL_MISSING');
    assert.equal(resultOf(wrapped, 'debian').outcome, 'succeeded');
  });

  test('without the right to exec every target says so, and nothing runs', { skip: foreignCluster }, async () => {
    await kubectl(
      'create',
      'rolebinding',
      'see',
      '-n',
      namespace,
      '--clusterrole=view',
      '--serviceaccount=kx-test:none',
    );
    const ended = await fanout(['deploy/tiny', '-o', 'json', '-q', '--', 'true'], 'kx-none');
    assert.equal(ended.code, 125);
    for (const { outcome, error } of resultsOf(ended)) {
      assert.deepEqual([outcome, error?.code, error?.ran], ['not-reached', 'KX_FORBIDDEN', 'no']);
    }
  });
});

suite('what goes wrong in the middle', () => {
  test('a pod that is deleted is not a success, and the others are', async () => {
    const running = startFanout(['on-1', 'on-2', 'debian', '-o', 'json', '-q', '--', 'sh', '-c', 'sleep 8; echo done']);
    await eventually('it runs', async () => {
      const { stdout } = await fanout(['on-2', '-q', '--', 'sh', '-c', 'ls /proc | grep -c "^[0-9]"']);
      return Number(stdout.toString().split(' ')[1]) > 4;
    });
    await kubectl('delete', 'pod', 'on-2', '-n', namespace, '--wait=false');
    const ended = await running.ended;
    const deleted = resultOf(ended, 'on-2');
    assert.notEqual(deleted.outcome, 'succeeded');
    assert.notEqual(ended.code, 0);
    for (const pod of ['on-1', 'debian']) assert.equal(resultOf(ended, pod).outcome, 'succeeded');
  });

  test('a kubelet that does not answer fails its own pods only, and soon', { skip: foreignCluster }, async () => {
    await onNode('node-3', 'sh', '-c', 'kill -STOP $(cat /run/kx/kubelet.pid)');
    const goOn = (): Promise<string> => onNode('node-3', 'sh', '-c', 'kill -CONT $(cat /run/kx/kubelet.pid)');
    endAfterwards(goOn);
    const ended = await fanout(['on-1', 'on-3', '--timeout', '10s', '-o', 'json', '-q', '--', 'true']);
    assert.equal(ended.code, 125);
    assert.equal(resultOf(ended, 'on-1').outcome, 'succeeded');
    assert.notEqual(resultOf(ended, 'on-3').outcome, 'succeeded');
    await goOn();
    await eventually('the node is back', async () => (await fanout(['on-3', '-q', '--', 'true'])).code === 0);
  });

  test('connections that are cut are endings that nobody knows', async () => {
    const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
    const { hostname, port, pathname } = new URL(server);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
    const through = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
    const args = ['on-1', 'debian', ...through, '--', 'sh', '-c', 'echo up; sleep 20'];
    const running = startFanout(args);
    await running.sees(/^on-1 up$/m);
    await running.sees(/^debian up$/m);
    proxy.cut();
    const { code, stderr } = await running.ended;
    assert.equal(code, 125);
    assert.match(
      stderr,
      /^2 targets in .*: 2 ended in an unknown way\n {2}ended in an unknown way, KX_CONNECTION_LOST \(2\): debian,on-1$/m,
    );
  });

  test('Ctrl-C twice leaves nothing running in any of sixty pods', async () => {
    const mark = uniqueSleep();
    const running = startFanout(['deploy/tiny', '--', 'sh', '-c', `echo up; sleep ${mark}; echo no`]);
    await eventually('all run', () => running.stdout().toString().match(/ up$/gm)?.length === replicas, 120_000);
    running.child.kill('SIGINT');
    await running.sees(/60 still running/);
    assert.equal(await sleepers(mark), replicas);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.equal(await sleepers(mark), 0);
    assert.match(stderr, /60 canceled/);
  });

  test('a reader that is stopped for a while gets every line of sixty pods', async () => {
    const running = spawn(kxBinary(), words(['deploy/tiny', '-q', '--', 'seq', '20000']), {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    endProcessAfterwards(running);
    running.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const chunks: Buffer[] = [];
    running.stdout.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
    const [code] = (await once(running, 'close')) as [number];
    assert.equal(code, 0);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    assert.equal(lines.length, replicas * 20_000);
    assert.ok(lines.every((line) => /^tiny-\S+ \d+$/.test(line)));
  });
});
