import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import type { Ended } from '../support/program.ts';
import { readJsonLines } from '../support/json-lines.ts';
import { nodeNames, onNodes } from './nodes-support.ts';
import { helpersIn, testImage } from './privileged-support.ts';
import { kubectl, onNode, ownNamespace, runKubectl } from './support.ts';

const namespace = await ownNamespace('nodes');
const folder = temporaryFolder();
const nodes = await nodeNames();
const fanout = onNodes('fanout-exec', namespace);
/** The minute of the watchdog, and what a loaded machine adds. */
const watchdog = 120_000;

interface Result {
  readonly target: Readonly<Record<string, string | null>>;
  readonly outcome: string;
  readonly code: number | null;
  readonly error: { readonly code: string; readonly ran: string } | null;
  readonly stdout: string;
}
const resultsOf = ({ stdout }: Ended): readonly Result[] => readJsonLines(stdout);

async function nothingIsLeft(timeout = 20_000): Promise<void> {
  await eventually('no helper pod is left', async () => (await helpersIn(namespace)).length === 0, timeout);
}

/** On how many nodes a process with this word in its command line runs. */
async function countRunning(word: string): Promise<number> {
  // The brackets keep the script from finding itself.
  const script = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c "[s]leep ${word} " || true`;
  const counts = await Promise.all(nodes.map((node) => onNode(node, 'sh', '-c', script)));
  return counts.filter((count) => Number(count) > 0).length;
}

let words = 0;
function ownWord(): string {
  return `${700_000 + process.pid + 10_000_000 * ++words}`;
}

suite('a command on all nodes', () => {
  test('runs on each host, is named by it, and leaves nothing', async () => {
    const ended = await fanout.run(['--all-nodes', '--', 'sh', '-c', 'hostname; echo "{node} {index}" >&2']);
    assert.equal(ended.code, 0, ended.stderr);
    for (const [index, node] of nodes.entries()) {
      assert.match(ended.stdout.toString(), new RegExp(`^${node} ${foreignCluster ? '' : node}`, 'm'));
      assert.match(ended.stderr, new RegExp(`^${node} ${node} ${index}$`, 'm'));
    }
    assert.match(ended.stderr, new RegExp(`^${nodes.length} targets in .*: ${nodes.length} succeeded$`, 'm'));
    await nothingIsLeft();
  });

  test('as JSON has the node, and null for what only containers have', async () => {
    const ended = await fanout.run(['--all-nodes', '-q', '-o', 'json', '--', 'sh', '-c', 'id -u; exit {index}']);
    assert.equal(ended.code, nodes.length - 1);
    const results = resultsOf(ended).toSorted((a, b) => (a.code ?? 0) - (b.code ?? 0));
    for (const [index, { target, code, stdout }] of results.entries()) {
      assert.deepEqual([target['node'], code, stdout], [nodes[index], index, '0\n']);
      const { context, namespace: place, pod, container } = target;
      assert.deepEqual([context, place, pod, container], [null, null, null, null]);
      assert.match(target['uid'] ?? '', /^[0-9a-f-]{36}$/);
    }
  });

  test('equal outputs are gathered, and files are named by the node', async () => {
    const out = join(folder, 'out');
    const ended = await fanout.run(['--all-nodes', '-o', 'gather', '--outdir', out, '--', 'cat', '/proc/version']);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout.toString().match(/^Linux version/gm)?.length, 1);
    assert.deepEqual(
      (await readdir(out)).sort(),
      nodes.map((node) => `${node}.stdout`),
    );
  });

  test('stdin, a script, variables and a directory reach each host', async () => {
    const script = join(folder, 'count.sh');
    await writeFile(script, `wc -c; pwd; echo "$A $1"\n${'# filler\n'.repeat(30_000)}exit 5\n`);
    const input = Buffer.alloc(300_000, 'x');
    const flags = ['--env', 'A=b', '--workdir', '/usr', '-i', '-q', '-o', 'json', '--script', script];
    const ended = await fanout.run(['--all-nodes', ...flags, '--', '{node}'], { stdin: input });
    assert.equal(ended.code, 5, ended.stderr);
    for (const { target, stdout } of resultsOf(ended)) {
      assert.equal(stdout.trimStart(), `300000\n/usr\nb ${target['node'] ?? ''}\n`);
    }
  });

  test('tools come from their image, and see the files of the host below $KX_TARGET_ROOT', async () => {
    const script = 'busybox true && cat $KX_TARGET_ROOT/etc/hostname >/dev/null; ls $KX_TARGET_ROOT/proc/1/comm';
    const ended = await fanout.run(['--all-nodes', '-q', '--tools', testImage, '--', 'sh', '-c', script]);
    assert.match(ended.stdout.toString(), /\/proc\/1\/root\/proc\/1\/comm/, ended.stderr);
  });

  test('by names, by labels, one after the other, and no more after failures', async () => {
    const [first = '', ...others] = nodes;
    const named = await fanout.run([`node/${first}`, '--', 'echo', 'x']);
    assert.equal(named.stdout.toString(), `${first} x\n`);
    const labelled = await fanout.run(['--nodes', `kubernetes.io/hostname=${first}`, '--', 'echo', 'x']);
    assert.equal(labelled.stdout.toString(), `${first} x\n`);
    const flags = ['--batch', '1', '--max-failures', '1', '--parallelism', '1', '-q', '-o', 'json'];
    const stopped = await fanout.run(['--all-nodes', ...flags, '--', 'false']);
    const outcomes = resultsOf(stopped).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes, ['failed', ...others.map(() => 'skipped')]);
    await nothingIsLeft();
  });

  test('a command that is not there is told as such', async () => {
    const { code, stderr } = await fanout.run([`node/${nodes[0] ?? ''}`, '--', 'kx-nothing']);
    assert.equal(code, 127);
    assert.match(stderr, /kx-nothing: not found \[KX_COMMAND_NOT_FOUND\]/);
  });
});

suite('nodes that cannot be had are named and counted', { skip: foreignCluster }, () => {
  const label = `kx.dev/test-${process.pid}`;
  const ghosts = [`kx-down-${process.pid}`, `kx-windows-${process.pid}`, `kx-silent-${process.pid}`];
  const [down = '', windows = '', silent = ''] = ghosts;
  after(() => runKubectl(['delete', 'node', ...ghosts, '--ignore-not-found', '--wait=false']));

  test('down, Windows, and one that starts no pod; a cordoned one runs', async () => {
    const [cordoned = ''] = nodes;
    // No DaemonSet of somebody else may come there.
    const taints = [{ key: 'kx.dev/test', value: 'ghost', effect: 'NoExecute' }];
    const items = ghosts.map((name) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { [label]: 'yes' } },
      spec: { taints },
    }));
    const file = join(folder, 'ghosts.json');
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await kubectl('create', '-f', file);
    const patch = (node: string, status: object): Promise<string> =>
      kubectl('patch', 'node', node, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
    const ready = { type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' };
    await patch(down, { conditions: [ready] });
    await patch(windows, { nodeInfo: { operatingSystem: 'windows' } });
    await kubectl('label', 'node', cordoned, `${label}=yes`);
    await kubectl('cordon', cordoned);
    try {
      const words = ['--nodes', label, '--pod-running-timeout', '5s'];
      const list = await fanout.run([...words, '--dry-run']);
      assert.match(list.stdout.toString(), new RegExp(`^${down} +does not answer$`, 'm'));
      assert.match(list.stdout.toString(), new RegExp(`^${cordoned} +ready, cordoned$`, 'm'));
      const ended = await fanout.run([...words, '-q', '-o', 'json', '--', 'true']);
      assert.equal(ended.code, 125);
      const outcomes = resultsOf(ended).map(({ target, outcome, error }) => [target['node'], outcome, error?.code]);
      assert.deepEqual(outcomes.sort(), [
        [down, 'not-reached', 'KX_TARGET_NOT_RUNNING'],
        [silent, 'not-reached', 'KX_HELPER_POD'],
        [windows, 'not-reached', 'KX_ENTER'],
        [cordoned, 'succeeded', undefined],
      ]);
      assert.match(ended.stderr, /^4 targets in .*: 1 succeeded, 3 not reached$/m);
    } finally {
      await kubectl('uncordon', cordoned);
      await kubectl('label', 'node', cordoned, `${label}-`);
      // No kubelet takes away what was meant for a node that is none.
      const everything = ['--all', '-n', namespace, '--force', '--grace-period=0'];
      await kubectl('delete', 'pods', ...everything);
    }
  });

  test('without the right to make pods every node says so; without that to list nodes they can be named', async () => {
    const ended = await fanout.run([`node/${nodes[0] ?? ''}`, '-q', '-o', 'json', '--', 'true'], {
      context: 'kx-full',
    });
    const [result] = resultsOf(ended);
    assert.deepEqual([result?.outcome, result?.error?.code], ['not-reached', 'KX_FORBIDDEN']);
    const all = await fanout.run(['--all-nodes', '--', 'true'], { context: 'kx-full' });
    assert.equal(all.code, 125);
    assert.match(all.stderr, /KX_FORBIDDEN\][^]*hint: name them: node\/NAME/);
  });
});

suite('every way out removes the helper pods and ends the commands', { skip: foreignCluster }, () => {
  const ways: readonly { readonly what: string; readonly signals: readonly NodeJS.Signals[]; readonly code: number }[] =
    [
      { what: 'Ctrl-C twice', signals: ['SIGINT', 'SIGINT'], code: 130 },
      { what: 'SIGTERM', signals: ['SIGTERM'], code: 143 },
      { what: 'SIGHUP', signals: ['SIGHUP'], code: 129 },
    ];
  for (const { what, signals, code } of ways) {
    test(what, async () => {
      const word = ownWord();
      const running = fanout.start(['--all-nodes', '--', 'sh', '-c', `echo up; sleep ${word}; echo no`]);
      for (const node of nodes) await running.sees(new RegExp(`^${node} up$`, 'm'));
      assert.equal(await countRunning(word), nodes.length);
      for (const [index, signal] of signals.entries()) {
        running.child.kill(signal);
        if (index < signals.length - 1) await running.sees(/still running/);
      }
      const ended = await running.ended;
      assert.equal(ended.code, code);
      assert.match(ended.stderr, new RegExp(`: ${nodes.length} canceled$`, 'm'));
      assert.equal(await countRunning(word), 0);
      await nothingIsLeft();
    });
  }

  test('Ctrl-C once lets what runs end by itself', async () => {
    const running = fanout.start([
      '--all-nodes',
      '--parallelism',
      '1',
      '--',
      'sh',
      '-c',
      'echo up; sleep 2; echo done',
    ]);
    await running.sees(/ up$/m);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    assert.equal(code, 130);
    assert.equal(stdout.toString().match(/ done$/gm)?.length, 1);
    await nothingIsLeft();
  });

  test('signals while the helper pods start', async () => {
    const running = fanout.start(['--all-nodes', '-v', '1', '--', 'true']);
    await running.sees(/helper pod/);
    running.child.kill('SIGTERM');
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 143);
    await nothingIsLeft();
  });

  test('--fail-fast, --timeout, and a reader that has enough', async () => {
    const fast = await fanout.run([
      '--all-nodes',
      '--fail-fast',
      '--',
      'sh',
      '-c',
      'test {index} != 0 || exit 3; sleep 100',
    ]);
    assert.equal(fast.code, 3);
    const slow = await fanout.run(['--all-nodes', '--timeout', '1s', '--', 'sleep', '100']);
    assert.equal(slow.code, 124);
    const running = fanout.start(['--all-nodes', '--', 'sh', '-c', 'while :; do echo more; done']);
    await running.sees(/more/);
    running.child.stdout.destroy();
    assert.equal((await running.ended).code, 141);
    await nothingIsLeft();
  });

  test('kill -9: everything is gone after the minute of the watchdog', async () => {
    const word = ownWord();
    const running = fanout.start(['--all-nodes', '--', 'sh', '-c', `echo up; sleep ${word}`]);
    for (const node of nodes) await running.sees(new RegExp(`^${node} up$`, 'm'));
    running.child.kill('SIGKILL');
    await running.ended.catch(() => {});
    assert.equal(await countRunning(word), nodes.length);
    await eventually('no command runs', async () => (await countRunning(word)) === 0, watchdog);
    await nothingIsLeft();
  });
});
