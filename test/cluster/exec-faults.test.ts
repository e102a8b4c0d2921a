import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import type { Ended, Running } from '../support/program.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { endInPod, inPod, kxExec, kubectl, onNode, soak, startKxExec } from './support.ts';
import { endProcessAfterwards } from '../support/ending.ts';

const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
const { hostname, port, pathname } = new URL(server);
const apiserver = { host: hostname, port: Number(port || 443) };

/** The flags for a proxy in front of the apiserver. */
function through(proxy: { port: number }): string[] {
  return ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
}

function assertLost({ code, stderr }: Ended): void {
  assert.equal(code, 125, stderr);
  assert.match(stderr, /^error: .* \[KX_CONNECTION_LOST\]$/m);
}

/** Writes numbered lines for ever. */
const ticking = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.05; done'];

async function endTicking(pod: string): Promise<void> {
  await endInPod(pod, 'echo line $i');
}

suite('a lost connection is never a success', () => {
  test('when it is cut after any number of bytes, and what came before is printed', async () => {
    const total = 4 << 20;
    for (let i = 0; i < (soak ? 40 : 6); i++) {
      const limit = Math.floor(Math.random() * total);
      const proxy = await startTcpProxy(apiserver);
      const running = startKxExec([...through(proxy), 'one', '--', 'sh', '-c', `yes | head -c ${total}; sleep 60`]);
      await eventually('the bytes came', () => running.stdout().length >= limit);
      proxy.cut();
      const ended = await running.ended;
      assertLost(ended);
      assert.ok(ended.stdout.length >= limit);
      assert.ok(/^(y\n)*y?$/.test(ended.stdout.toString()));
    }
  });

  test('when it is cut during an upload', async () => {
    const bytes = randomBytes(32 << 20);
    const remote = `/tmp/kx-cut-${process.pid}`;
    const size = (): Promise<number> => inPod('one', `wc -c <${remote}`).then(Number, () => 0);
    for (let i = 0; i < (soak ? 20 : 3); i++) {
      const proxy = await startTcpProxy(apiserver);
      const running = startKxExec([...through(proxy), '-i', 'one', '--', 'sh', '-c', `cat > ${remote}`]);
      running.child.stdin.write(bytes.subarray(0, 16 << 20));
      await eventually('something arrived', async () => (await size()) > 0);
      running.child.stdin.write(bytes.subarray(16 << 20));
      proxy.cut();
      assertLost(await running.ended);
      await inPod('one', `rm -f ${remote}`);
    }
  });

  test('when it is cut at any moment around the end of the command', async () => {
    for (let i = 0; i < (soak ? 60 : 10); i++) {
      const proxy = await startTcpProxy(apiserver);
      const running = startKxExec([...through(proxy), '-i', 'one', '--', 'sh', '-c', 'head -c 3000000 /dev/zero'], {
        stdin: '',
      });
      await eventually('some bytes came', () => running.stdout().length > Math.random() * 3_000_000);
      proxy.cut();
      const { code, stdout, stderr } = await running.ended;
      assert.ok(code === 125 || (code === 0 && stdout.length === 3_000_000), `${code} ${stdout.length} ${stderr}`);
    }
  });
});

suite('a dead link is noticed within a minute', { concurrency: true }, () => {
  /** Starts a command behind a proxy, in a process of its own, and stops that. */
  async function withFrozenProxy(words: string[], ready: (running: Running) => Promise<unknown>): Promise<Ended> {
    const script = `import { startTcpProxy } from ${JSON.stringify(new URL('../support/tcp-proxy.ts', import.meta.url).href)};
      console.log((await startTcpProxy(${JSON.stringify(apiserver)})).port);`;
    const proxy = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    endProcessAfterwards(proxy);
    const [line] = (await once(proxy.stdout, 'data')) as [Buffer];
    const running = startKxExec([...through({ port: Number(line.toString()) }), ...words], { timeout: 90_000 });
    await ready(running);
    const stopped = performance.now();
    proxy.kill('SIGSTOP');
    const ended = await running.ended;
    const seconds = (performance.now() - stopped) / 1000;
    assert.ok(seconds < 60, `noticed after ${seconds} s`);
    return ended;
  }

  test('while a command is silent', async () => {
    const words = ['one', '--', 'sh', '-c', 'echo ready; sleep 300'];
    const ended = await withFrozenProxy(words, (running) => running.sees(/ready/));
    assertLost(ended);
    assert.equal(ended.stdout.toString(), 'ready\n');
  });

  test('in the middle of an upload', async () => {
    const remote = `/tmp/kx-frozen-${process.pid}`;
    const ended = await withFrozenProxy(['-i', 'one', '--', 'sh', '-c', `cat > ${remote}`], async (running) => {
      const chunk = randomBytes(1 << 20);
      const more = (): void => void running.child.stdin.write(chunk, (error) => error ?? more());
      more();
      await eventually(
        'an upload runs',
        async () => (await inPod('one', `wc -c <${remote}`).then(Number, () => 0)) > 0,
      );
    });
    await inPod('one', `rm -f ${remote}`);
    assertLost(ended);
  });

  test('but not where a command leaves its input alone for longer', async () => {
    const { code, stdout } = await kxExec(['-i', 'one', '--', 'sh', '-c', `sleep ${soak ? 70 : 48}; sha256sum`], {
      stdin: Buffer.alloc(32 << 20),
      timeout: 110_000,
    });
    const wanted = createHash('sha256')
      .update(Buffer.alloc(32 << 20))
      .digest('hex');
    assert.deepEqual([code, stdout.toString().split(' ')[0]], [0, wanted]);
  });
});

suite('what dies on the way is never a success', { skip: foreignCluster }, () => {
  const nodeReady = (node: string): Promise<string> =>
    kubectl('wait', `node/${node}`, '--for=condition=Ready', '--timeout=60s');
  const works = (pod: string, ...container: string[]): Promise<unknown> =>
    eventually('commands run again', async () => (await kxExec([pod, ...container, '--', 'true'])).code === 0, 60_000);

  for (const { what, words } of [
    { what: 'without stdin', words: ['two', '-c', 'a', '--', ...ticking] },
    { what: 'with stdin', words: ['-i', 'two', '-c', 'a', '--', ...ticking] },
    { what: 'with --timeout', words: ['--timeout', '1m', 'two', '-c', 'a', '--', ...ticking] },
    { what: 'where only v4 is spoken', words: ['-i', 'one-oldnode', '--', ...ticking], context: 'kx-old' },
  ] as { what: string; words: string[]; context?: string }[]) {
    test(`containerd, killed under a command ${what}`, async () => {
      const node = words.includes('two') ? 'node-2' : 'node-3';
      const running = startKxExec(words, { context: what.includes('v4') ? 'kx-old' : 'kx' });
      await running.sees(/line 5\n/);
      await onNode(node, 'sh', '-c', 'kill -9 $(cat /run/kx/containerd.pid)');
      const ended = await running.ended;
      assertLost(ended);
      assert.match(ended.stdout.toString(), /^line 1\n(line \d+\n)*(line \d*)?$/);
      if (node === 'node-2') await works('two', '-c', 'a');
      else await works('one-oldnode');
      await endTicking(node === 'node-2' ? 'two -c a' : 'one-oldnode');
    });
  }

  test('kubelet, killed under a command', async () => {
    const running = startKxExec(['two', '-c', 'a', '--', ...ticking]);
    await running.sees(/line 5\n/);
    await onNode('node-2', 'sh', '-c', 'kill -9 $(cat /run/kx/kubelet.pid)');
    assertLost(await running.ended);
    await nodeReady('node-2');
    await works('two', '-c', 'a');
    await endTicking('two -c a');
  });
});
