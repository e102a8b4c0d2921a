import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { entryFor, openHelperAccess, placeOf } from '../../src/lib/privileged/index.ts';
import { collect } from '../../src/lib/process/index.ts';
import type { Pod } from '../../src/lib/target/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { nodeNames, onNodes } from './nodes-support.ts';
import { helpersIn, testImage } from './privileged-support.ts';
import { kubectl, onNode, ownNamespace, podManifest, sha256OfFile } from './support.ts';

const namespace = await ownNamespace('nodes-cp', podManifest('bare', 'kx-distroless'));
const folder = temporaryFolder();
const nodes = await nodeNames();
const [first = '', second = first] = nodes;
const cp = onNodes('cp', namespace);
const fanout = onNodes('fanout-exec', namespace);

/** A directory on the hosts for the tests of this file, removed after them. */
const there = `/tmp/kx-test-${process.pid}`;
const onHosts = (...command: readonly string[]) => fanout.run(['--all-nodes', '-q', '--', ...command]);
await onHosts('mkdir', there);
after(() => onHosts('rm', '-rf', there));

const tree = join(folder, 'tree');
await mkdir(join(tree, 'sub/empty'), { recursive: true });
await writeFile(join(tree, 'script'), '#!/bin/sh\n', { mode: 0o755 });
await writeFile(join(tree, 'sub/bytes'), randomBytes(3 << 20));
await symlink('../script', join(tree, 'sub/link'));
const big = join(folder, 'big');
await writeFile(big, randomBytes(64 << 20));

/** The minute of the watchdog, and what a loaded machine adds. */
const watchdog = 120_000;

async function nothingIsLeft(timeout = 20_000): Promise<void> {
  await eventually('no helper pod is left', async () => (await helpersIn(namespace)).length === 0, timeout);
}

suite('files of hosts', () => {
  test('a tree goes up and comes back as it was, and no helper pod is left', async () => {
    const up = await cp.run(['--checksum', tree, `node/${first}:${there}/tree`]);
    assert.equal(up.code, 0, up.stderr);
    if (!foreignCluster) assert.match(await onNode(first, 'ls', '-l', `${there}/tree`), /^-rwxr-xr-x.* script$/m);
    const back = join(folder, 'back');
    const down = await cp.run(['--checksum', `node/${first}:${there}/tree`, back]);
    assert.equal(down.code, 0, down.stderr);
    assert.deepEqual(
      (await readdir(back, { recursive: true })).sort(),
      (await readdir(tree, { recursive: true })).sort(),
    );
    assert.equal(await sha256OfFile(join(back, 'sub/bytes')), await sha256OfFile(join(tree, 'sub/bytes')));
    await nothingIsLeft();
  });

  test('from node to node, out of a pod, by a pattern, and to stdout', async () => {
    const across = await cp.run([`node/${first}:${there}/tree`, `node/${second}:${there}/copied`]);
    assert.equal(across.code, 0, across.stderr);
    const out = await cp.run([`node/${second}:${there}/copied/scr*`, '-']);
    assert.equal(out.stdout.toString(), '#!/bin/sh\n', out.stderr);
    const pod = await cp.run(['kx-test/one:/etc/passwd', `node/${first}:${there}/passwd`]);
    assert.equal(pod.code, 0, pod.stderr);
    const same = await cp.run([`node/${first}:${there}/passwd`, '-']);
    assert.match(same.stdout.toString(), /^root:/);
  });

  test('up to all nodes, and down into a directory for each', async () => {
    const up = await cp.run([join(tree, 'script'), `:${there}/on-all`, '--all-nodes']);
    assert.equal(up.code, 0, up.stderr);
    const down = join(folder, 'down');
    const ended = await cp.run([`:${there}/on-all`, down, '--nodes', 'kubernetes.io/os=linux']);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual((await readdir(down)).sort(), nodes);
    for (const node of nodes) assert.equal(await readFile(join(down, node, 'on-all'), 'utf8'), '#!/bin/sh\n');
    await nothingIsLeft();
  });

  test('what is not there is told in words of nodes', async () => {
    const parent = await cp.run([big, `node/${first}:/kx-nowhere/x`]);
    assert.equal(
      parent.stderr,
      `error: there is no directory node/${first}:/kx-nowhere [KX_COPY_DESTINATION]\nhint: kubectl kx privileged-exec node/${first} -- mkdir -p /kx-nowhere\n`,
    );
    const source = await cp.run([`node/${first}:/kx-nowhere`, folder]);
    assert.match(source.stderr, new RegExp(`^error: node/${first}:/kx-nowhere: no such file or directory`));
    const node = await cp.run([big, 'node/kx-nowhere:/tmp/x']);
    assert.equal(node.stderr, 'error: node "kx-nowhere" not found [KX_TARGET_NOT_FOUND]\n');
    const some = await cp.run([`:/kx-nowhere`, join(folder, 'none'), '--all-nodes']);
    assert.match(some.stderr, new RegExp(`error: ${nodes.length} of ${nodes.length} nodes failed: `));
    for (const { code } of [parent, source, node, some]) assert.equal(code, 125);
    await nothingIsLeft();
  });
});

suite('what goes wrong in the middle', () => {
  test('a helper pod that is taken away is made anew, and the copy goes on', async () => {
    const running = cp.start([big, `node/${first}:${there}/big`, '-v', '1']);
    await running.sees(/helper pod .*\n[^]* has tar/);
    await kubectl('delete', 'pod', '-n', namespace, '-l', 'kx.dev/node-pod', '--force', '--grace-period=0');
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    const back = join(folder, 'big-back');
    assert.equal((await cp.run([`node/${first}:${there}/big`, back])).code, 0);
    assert.equal(await sha256OfFile(back), await sha256OfFile(big));
    await nothingIsLeft(watchdog);
  });

  test('a link that is cut is got through, and what came back is what was sent', async () => {
    const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
    const { hostname, port, pathname } = new URL(server);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
    const through = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
    const up = cp.start([...through, big, `node/${first}:${there}/cut`, '-v', '1']);
    await up.sees(/ has tar/);
    proxy.cutAfter(8 << 20);
    await up.sees(/trying again/);
    const ended = await up.ended;
    assert.equal(ended.code, 0, ended.stderr);
    const back = join(folder, 'cut-back');
    const down = await cp.run([...through, '--checksum', `node/${first}:${there}/cut`, back]);
    assert.equal(down.code, 0, down.stderr);
    assert.equal(await sha256OfFile(back), await sha256OfFile(big));
    await nothingIsLeft(watchdog);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} takes back what is incomplete, and the helper pod`, { skip: foreignCluster }, async () => {
      const running = cp.start(['-', `node/${second}:${there}/never`, '-v', '1'], { stdin: Buffer.alloc(400 << 20) });
      await running.sees(/ has tar/);
      running.child.kill(signal);
      const { code } = await running.ended;
      assert.equal(code, signal === 'SIGINT' ? 130 : 143);
      assert.doesNotMatch(await onNode(second, 'ls', '-A', there), /never/);
      await nothingIsLeft();
    });
  }
});

test('what a host lacks is lent by the helper: a root without a shell or any tool', async () => {
  const { signal } = new AbortController();
  const api = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx', namespace }, { env: {}, log: () => {} });
  await kubectl('wait', '-n', namespace, '--for=condition=Ready', 'pod/bare', '--timeout=60s');
  const pod = await api.get<Pod>(`/api/v1/namespaces/${namespace}/pods/bare`, { signal });
  const uid = pod.metadata?.uid ?? '';
  const place = placeOf(pod, { namespace, pod: 'bare', container: 'main', uid });
  const nothing = { pullSecrets: [], resources: {}, labels: {}, annotations: {}, keep: false, dns: undefined };
  const access = await openHelperAccess(api, {
    ...{ signal, timeoutMs: 60_000, runtime: place.runtime, reuse: undefined, say: () => {}, log: () => {} },
    spec: {
      ...{ ...nothing, namespace, node: place.node, image: testImage, readOnly: true },
      ...{ user: 'test', purpose: 'test', lifetime: 600_000 },
    },
  });
  try {
    const script =
      'exec 3>&2 4>&1 5<&0; ls /; echo abc | dd bs=2 count=1 2>/dev/null; echo; tar -c -f - /app 2>/dev/null | tar -t -f -';
    const command = ['sh', '-c', script];
    const entry = { ...entryFor(false), lend: true };
    const request = { command, stdin: false, tty: null, entry, bare: true } as const;
    const { stdout, status } = await collect(await access.exec(place, request, signal));
    assert.match(stdout.toString(), /^app\n[^]*\nab\napp\n$/);
    assert.equal(status.code, 0);
    const without = access.exec(place, { ...request, entry: entryFor(false) }, signal);
    await assert.rejects(without.then(collect), { code: 'KX_COMMAND_NOT_FOUND' });
  } finally {
    await access.close();
  }
  await nothingIsLeft();
});
