import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { nodeNames, onNodes } from './nodes-support.ts';
import { helpersIn } from './privileged-support.ts';
import { onNode, ownNamespace } from './support.ts';

const namespace = await ownNamespace('nodes-left');
const nodes = await nodeNames();
const fanout = onNodes('fanout-exec', namespace);
const cp = onNodes('cp', namespace);
/** The minute of the watchdog, and what a loaded machine adds. */
const watchdog = 120_000;
const word = String(800_000 + process.pid);

async function isRunning(): Promise<boolean> {
  // The brackets keep the script from finding itself.
  const script = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c "[s]leep ${word} " || true`;
  const counts = await Promise.all(nodes.map((node) => onNode(node, 'sh', '-c', script)));
  return counts.some((count) => Number(count) > 0);
}

async function nothingIsLeft(timeout = watchdog): Promise<void> {
  await eventually('no helper pod is left', async () => (await helpersIn(namespace)).length === 0, timeout);
}

suite('what a kx leaves that cannot clean up', { skip: foreignCluster }, () => {
  test('kill -9 at twenty moments of a fan-out over nodes: nothing runs after the minute, no pod after the next kx', async () => {
    for (let at = 0; at < 20; at++) {
      const running = fanout.start(['--all-nodes', '--', 'sleep', word], { stdin: '' });
      running.ended.catch(() => {});
      await delay(at * 120);
      running.child.kill('SIGKILL');
      await running.ended.catch(() => {});
    }
    const isOver = async (): Promise<boolean> =>
      (await helpersIn(namespace)).every((pod) => / (Succeeded|Failed)$/.test(pod)) && !(await isRunning());
    await eventually('nothing runs', isOver, watchdog);
    assert.equal((await fanout.run(['--all-nodes', '--', 'true'])).code, 0);
    await nothingIsLeft(20_000);
  });

  test('kill -9 of a copy: its helper pod is gone after the minute', async () => {
    const running = cp.start(['-v', '1', '-', `node/${nodes[0] ?? ''}:/tmp/kx-test-${word}`], {
      stdin: Buffer.alloc(300 << 20),
    });
    await running.sees(/ has tar/);
    running.child.kill('SIGKILL');
    await running.ended.catch(() => {});
    await nothingIsLeft();
    await onNode(nodes[0] ?? '', 'sh', '-c', `rm -f /tmp/kx-test-${word} /tmp/.kx-test-${word}*`);
  });

  test('a network that is cut: no success, and nothing runs after the minute', async () => {
    const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
    const { hostname, port, pathname } = new URL(server);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
    const through = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
    const running = fanout.start([...through, '--all-nodes', '--', 'sh', '-c', `echo up; sleep ${word}`]);
    for (const node of nodes) await running.sees(new RegExp(`^${node} up$`, 'm'));
    proxy.freeze();
    assert.equal(await isRunning(), true);
    await eventually('nothing runs', async () => !(await isRunning()), watchdog);
    await nothingIsLeft();
    const { code, stderr } = await running.ended;
    assert.equal(code, 125);
    assert.match(stderr, new RegExp(`: ${nodes.length} ended in an unknown way$`, 'm'));
  });
});
