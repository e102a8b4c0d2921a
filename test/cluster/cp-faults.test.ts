import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startSecondApiserver } from './second-apiserver.ts';
import { inPod, kxCp, onNode, ownNamespace, podManifest, sha256OfFile, soak, startKxCp } from './support.ts';

const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
const { hostname, port, pathname } = new URL(server);
const apiserver = { host: hostname, port: Number(port || 443) };
const through = (proxy: { port: number }): string[] => [
  ...['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname],
];

const folder = temporaryFolder();
const namespace = await ownNamespace(
  'cpfaults',
  podManifest('box', 'kx-busybox', { node: 'node-2' }),
  podManifest('gnu', 'kx-debian', { node: 'node-2' }),
);
const tree = join(folder, 'tree');
mkdirSync(tree);
for (let i = 0; i < 300; i++) writeFileSync(join(tree, `file-${i}`), randomBytes(2000 + i * 13));
for (let i = 0; i < 3; i++) writeFileSync(join(tree, `large-${i}`), randomBytes(12 << 20));
const names = readdirSync(tree);
const sums = new Map(
  await Promise.all(names.map(async (name) => [name, await sha256OfFile(join(tree, name))] as const)),
);

async function sumsInPod(pod: string, root: string): Promise<Map<string, string>> {
  const text = await inPod(`${pod} -n ${namespace}`, `cd '${root}' && find . -type f -exec sha256sum {} +`);
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(68), line.slice(0, 64)]),
  );
}
async function sumsHere(root: string): Promise<Map<string, string>> {
  const all = readdirSync(root);
  return new Map(await Promise.all(all.map(async (name) => [name, await sha256OfFile(join(root, name))] as const)));
}
const sorted = (map: Map<string, string>): unknown[] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
const fill = (pod: string): Promise<unknown> => kxCp([`${tree}/.`, `${namespace}/${pod}:/tmp/src`]);

suite('a copy whose connection is lost goes on where it stopped', () => {
  for (const pod of ['box', 'gnu']) {
    test(`up to ${pod}, again and again`, async () => {
      for (let i = 0; i < (soak ? 25 : 3); i++) {
        const proxy = await startTcpProxy(apiserver);
        const running = startKxCp([...through(proxy), tree, `${namespace}/${pod}:/tmp/up-${i}`]);
        const timer = setInterval(() => proxy.cut(), 150 + Math.random() * 400);
        setTimeout(() => clearInterval(timer), 2500);
        const { code, stderr } = await running.ended;
        clearInterval(timer);
        assert.equal(code, 0, stderr);
        assert.deepEqual(sorted(await sumsInPod(pod, `/tmp/up-${i}`)), sorted(sums));
      }
    });

    test(`down from ${pod}, again and again`, async () => {
      await fill(pod);
      for (let i = 0; i < (soak ? 25 : 3); i++) {
        const proxy = await startTcpProxy(apiserver);
        const here = join(folder, `down-${pod}-${i}`);
        const running = startKxCp([...through(proxy), `${namespace}/${pod}:/tmp/src`, here]);
        const timer = setInterval(() => proxy.cut(), 150 + Math.random() * 400);
        setTimeout(() => clearInterval(timer), 2500);
        const { code, stderr } = await running.ended;
        clearInterval(timer);
        assert.equal(code, 0, stderr);
        assert.deepEqual(sorted(await sumsHere(here)), sorted(sums));
      }
    });
  }

  test('without retries it is an error, and no half file has its final name', async () => {
    await fill('gnu');
    const proxy = await startTcpProxy(apiserver);
    const here = join(folder, 'half');
    // For --resume.
    const isKept = (name: string): boolean => /^\..*\.kx-part$/.test(name);
    const running = startKxCp([...through(proxy), '--retries', '0', `${namespace}/gnu:/tmp/src`, here]);
    await eventually('something has come', () => existsSync(here) && readdirSync(here).length > 3);
    proxy.cut();
    const { code, stderr } = await running.ended;
    assert.equal(code, 125, stderr);
    assert.match(stderr, /\[KX_CONNECTION_LOST\]/);
    const [kept, named] = [readdirSync(here).filter(isKept), [...(await sumsHere(here))]];
    assert.ok(kept.length <= 1, kept.join());
    for (const [name, sum] of named) if (!isKept(name)) assert.equal(sum, sums.get(name), name);
  });
});

suite('what dies under a copy is an error or a whole copy', { skip: foreignCluster }, () => {
  for (const [what, kill] of [
    ['containerd', 'kill -9 $(cat /run/kx/containerd.pid)'],
    ['kubelet', 'kill -9 $(cat /run/kx/kubelet.pid)'],
  ] as const) {
    for (const direction of ['up', 'down'] as const) {
      test(`${what}, ${direction}`, async () => {
        await eventually('copies work', async () => ((await fill('gnu')) as { code: number }).code === 0, 90_000);
        await inPod(`gnu -n ${namespace}`, 'rm -rf /tmp/killed');
        const here = join(folder, `killed-${what}`);
        const there = `${namespace}/gnu:/tmp/`;
        const words = direction === 'up' ? [tree, `${there}killed`] : [`${there}src`, here];
        const running = startKxCp(['--retries', '10', ...words]);
        await new Promise((resolve) => setTimeout(resolve, 250));
        await onNode('node-2', 'sh', '-c', kill);
        const { code, stderr } = await running.ended;
        await eventually('copies work', async () => ((await fill('box')) as { code: number }).code === 0, 90_000);
        if (code === 0) {
          const arrived = direction === 'up' ? await sumsInPod('gnu', '/tmp/killed') : await sumsHere(here);
          assert.deepEqual(sorted(arrived), sorted(sums));
        } else {
          assert.equal(code, 125, stderr);
          assert.match(stderr, /^error: .*\[KX_[A-Z_]+\]$/m);
        }
      });
    }
  }

  test('the kube-apiserver, up and down: what it interrupts goes on when it is there again', async () => {
    const [huge, back, there] = [join(folder, 'huge'), join(folder, 'back'), `${namespace}/gnu:/tmp/huge`];
    writeFileSync(huge, randomBytes(400 << 20));
    const sum = await sha256OfFile(huge);
    const second = await startSecondApiserver();
    const copyAndKill = async (...words: string[]): Promise<void> => {
      const running = startKxCp(['--server', second.server, '--retries', '50', '--progress', 'plain', ...words]);
      await eventually('something has been copied', () => /^[1-9]\d* MiB of/m.test(running.stderr()));
      await second.kill();
      await second.start();
      const { code, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /trying again/);
    };
    await copyAndKill(huge, there);
    assert.match(await inPod(`gnu -n ${namespace}`, 'sha256sum /tmp/huge'), new RegExp(`^${sum} `));
    await copyAndKill(there, back);
    assert.equal(await sha256OfFile(back), sum);
  });
});
