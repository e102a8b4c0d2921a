import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { helpersIn, pexec, startPexec } from './privileged-support.ts';
import { inPod, kubectl, onNode, ownNamespace } from './support.ts';

const namespace = await ownNamespace('leftovers');
const folder = temporaryFolder();
const place = ['--helper-namespace', namespace];
/** The minute of the watchdog, and what a loaded machine adds. */
const watchdog = 120_000;

let words = 0;
/** A word that no other process has in its command line. */
function ownWord(): string {
  return `${600_000 + process.pid + 10_000_000 * ++words}`;
}

async function runsIn(pod: string, word: string): Promise<boolean> {
  return (await inPod(pod, 'cat /proc/[0-9]*/cmdline 2>/dev/null; true')).includes(word);
}

async function nothingIsLeft(timeout: number): Promise<void> {
  await eventually('no helper pod is left', async () => (await helpersIn(namespace)).length === 0, timeout);
}

suite('every way out removes the helper pod and ends the command', () => {
  for (const { signal, code } of [
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGHUP', code: 129 },
  ] as const) {
    test(signal, async () => {
      const word = ownWord();
      const running = startPexec(['debian', ...place, '--', 'sh', '-c', `echo up; sleep ${word}`]);
      await running.sees(/up/);
      running.child.kill(signal);
      const { code: seen, stderr } = await running.ended;
      assert.equal(seen, code);
      assert.match(stderr, /the remote command and its children were ended/);
      assert.equal(await runsIn('debian', word), false);
      await nothingIsLeft(20_000);
    });

    test(`${signal} while the helper pod starts`, async () => {
      const running = startPexec(['debian', '-v', '1', ...place, '--', 'true']);
      await running.sees(/helper pod/);
      running.child.kill(signal);
      assert.equal((await running.ended).code, code);
      await nothingIsLeft(20_000);
    });
  }

  test('a signal that comes twice does not leave it', async () => {
    const running = startPexec(['debian', ...place, '--', 'sh', '-c', 'echo up; sleep 1000']);
    await running.sees(/up/);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM');
    await running.ended;
    await nothingIsLeft(20_000);
  });

  test('a reader that has enough', async () => {
    const running = startPexec(['debian', ...place, '--', 'sh', '-c', 'echo up; while :; do echo more; done']);
    await running.sees(/up/);
    running.child.stdout.destroy();
    assert.equal((await running.ended).code, 141);
    await nothingIsLeft(20_000);
  });
});

test('kill -9 at twenty moments leaves nothing running after the minute, and no pod after the next kx', async () => {
  const word = ownWord();
  for (let at = 0; at < 20; at++) {
    const running = startPexec(['debian', ...place, '--', 'sleep', word], { stdin: '' });
    running.ended.catch(() => {});
    await delay(at * 150);
    running.child.kill('SIGKILL');
    await running.ended.catch(() => {});
  }
  const killed = performance.now();
  const isOver = async (): Promise<boolean> =>
    (await helpersIn(namespace)).every((pod) => / (Succeeded|Failed)$/.test(pod)) && !(await runsIn('debian', word));
  await eventually('nothing runs', isOver, watchdog);
  const left = await helpersIn(namespace);
  const seconds = Math.round((performance.now() - killed) / 1000);
  console.log(`# nothing runs ${seconds} s after the last kill; ended pods that were left: ${left.length} of 20`);
  assert.equal((await pexec(['debian', ...place, '--', 'true'])).code, 0);
  await nothingIsLeft(20_000);
});

test('a network that is cut: the command ends with the watchdog, and is no success', async () => {
  const { cluster } = JSON.parse(
    await kubectl('config', 'view', '--raw', '--flatten', '--minify', '-o', 'jsonpath={.clusters[0]}'),
  ) as { cluster: { server: string } };
  const url = new URL(cluster.server);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  const word = ownWord();
  const through = ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', url.hostname];
  const running = startPexec(['debian', ...through, ...place, '--', 'sh', '-c', `echo up; sleep ${word}`]);
  await running.sees(/up/);
  proxy.freeze();
  assert.equal(await runsIn('debian', word), true);
  await eventually('the command is gone', async () => !(await runsIn('debian', word)), watchdog);
  await nothingIsLeft(20_000);
  const { code } = await running.ended;
  assert.equal(code, 125);
});

test('a node that goes away takes no success with it', { skip: foreignCluster }, async () => {
  const node = await kubectl('get', 'pod', 'restricted', '-n', 'kx-test', '-o', 'jsonpath={.spec.nodeName}');
  const running = startPexec(['restricted', ...place, '--', 'sh', '-c', 'echo up; sleep 1000']);
  await running.sees(/up/);
  await onNode(node, 'sh', '-c', 'kill -9 $(cat /run/kx/containerd.pid)');
  assert.equal((await running.ended).code, 125);
  await nothingIsLeft(watchdog);
});

suite('what does not let the helper pod in', () => {
  test('Pod Security is explained', async () => {
    const strict = await ownNamespace('strict');
    await kubectl('label', 'namespace', strict, 'pod-security.kubernetes.io/enforce=baseline');
    const { stderr, code } = await pexec(['one', '--helper-namespace', strict, '--', 'true']);
    assert.equal(code, 125);
    assert.match(stderr, /^error: namespace "\S+" does not take the helper pod: .*violates PodSecurity "baseline/);
    assert.match(stderr, /hint: the helper is privileged: .*--helper-namespace/);
  });

  test('a quota is explained, and --helper-resources fits into it', async () => {
    const limited = await ownNamespace('quota');
    const quota = join(folder, 'quota.yaml');
    const spec = 'spec: {hard: {limits.cpu: 200m, limits.memory: 128Mi}}';
    await writeFile(quota, `apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\n${spec}\n`);
    await kubectl('apply', '-n', limited, '-f', quota);
    const used = 'jsonpath={.status.hard}';
    await eventually('it counts', async () => (await kubectl('get', 'quota', 'q', '-n', limited, '-o', used)) !== '');
    const without = await pexec(['one', '--helper-namespace', limited, '--', 'true']);
    assert.match(without.stderr, /must specify limits.cpu[^]*hint: give it resources, as in --helper-resources/);
    const resources = ['--helper-resources', 'cpu=100m,memory=64Mi'];
    assert.equal((await pexec(['one', '--helper-namespace', limited, ...resources, '--', 'true'])).code, 0);
    const more = await pexec([
      'one',
      '--helper-namespace',
      limited,
      '--helper-resources',
      'cpu=1,memory=1Gi',
      '--',
      'true',
    ]);
    assert.match(more.stderr, /exceeded quota/);
    assert.equal(more.code, 125);
  });

  test('a user without the right to create pods is told which', async () => {
    const { stderr, code } = await pexec(['one', '--', 'true'], { context: 'kx-full' });
    assert.equal(code, 125);
    assert.match(stderr, /KX_FORBIDDEN[^]*must allow the verb "create" on "pods"/);
  });

  test('an image that cannot be had: the events are shown, and the pod is gone', async () => {
    const words = ['one', ...place, '--tools', 'localhost:1/kx/nothing:1', '--', 'true'];
    const { stderr, code } = await pexec(words);
    assert.equal(code, 125);
    assert.match(stderr, /^events of the helper pod kx-\w+:\n( {2}.*\n)* {2}Warning Failed: /);
    assert.match(stderr, /error: the helper pod kx-\w+ on node node-1 does not start: (ErrImagePull|ImagePullBackOff)/);
    await nothingIsLeft(60_000);
  });

  test('a namespace that is not there', async () => {
    const { stderr } = await pexec(['one', '--helper-namespace', 'kx-nowhere', '--', 'true']);
    assert.match(stderr, /error: there is no namespace "kx-nowhere" for the helper pod \[KX_TARGET_NOT_FOUND\]/);
  });
});

test('--gc removes what has ended, of anybody, and no pod that may be in use', async () => {
  const running = startPexec(['debian', '-i', ...place, '--', 'sh', '-c', 'echo up; cat']);
  await running.sees(/up/);
  const manifest = join(folder, 'ended.yaml');
  const [used = assert.fail()] = (await helpersIn(namespace)).map((line) => line.split(/ +/)[0]);
  const pod = JSON.parse(await kubectl('get', 'pod', used, '-n', namespace, '-o', 'json')) as {
    metadata: { labels: object; annotations: object };
    spec: { containers: { image: string }[] };
  };
  const { labels, annotations } = pod.metadata;
  const containers = [{ name: 'kx', image: pod.spec.containers[0]?.image, command: ['true'] }];
  const metadata = { name: 'kx-ended', labels, annotations: { ...annotations, 'kx.dev/user': 'somebody' } };
  const ended = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { restartPolicy: 'Never', containers } };
  await writeFile(manifest, JSON.stringify(ended));
  await kubectl('apply', '-n', namespace, '-f', manifest);
  await kubectl('wait', '-n', namespace, '--for=jsonpath={.status.phase}=Succeeded', 'pod/kx-ended', '--timeout=60s');
  const { stdout, code } = await pexec(['--gc', '--helper-namespace', namespace], {
    env: { KUBECONFIG: clusterKubeconfig() },
  });
  assert.equal(code, 0);
  assert.match(stdout.toString(), /kx-ended +\S+ +somebody .* ended, removed\n/);
  assert.match(stdout.toString(), new RegExp(`${used} .* in use\n`));
  await eventually('one is left', async () => (await helpersIn(namespace)).length === 1);
  running.child.stdin.end();
  assert.equal((await running.ended).code, 0);
  await nothingIsLeft(20_000);
});
