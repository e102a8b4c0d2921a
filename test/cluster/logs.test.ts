import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary, run, start, type Ended, type ProgramOptions, type Running } from '../support/program.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connect } from '../../src/lib/kube/index.ts';
import { kubectl, onNode, ownNamespace, podManifest, runKubectl } from './support.ts';

const env = { KUBECONFIG: clusterKubeconfig() };
const script = (text: string): string => `    command: [sh, -c, '${text.replaceAll("'", "''")}']\n`;
/** Lines with numbers, some of them long, until the pod is deleted. */
const counting = 'i=0; while :; do i=$((i+1)); echo "$i counted"; [ $((i % 20)) = 0 ] && sleep 0.05; done';

const words = (name: string, command: string, policy = 'Never'): string =>
  podManifest(name, 'kx-busybox', { spec: script(command), ready: false }).replace(
    'spec:\n',
    `spec:\n  restartPolicy: ${policy}\n`,
  );

const pods = [
  words('short', 'echo one; echo two; printf "\\\\377\\\\376 bytes\\\\n"; printf end'),
  words('long', 'head -c 5000000 /dev/zero | tr "\\\\0" x; echo; echo short'),
  words('never', 'echo none').replace('kx-busybox:local', 'kx-missing:local'),
  podManifest('counter', 'kx-busybox', { spec: script(counting) }),
  podManifest('rotating', 'kx-debian', {
    spec: script(
      'p=$(head -c 900 /dev/zero | tr "\\0" x); i=0; while :; do i=$((i+1)); echo "$i $p"; [ $((i % 100)) = 0 ] && sleep 0.05; done',
    ),
  }),
  podManifest('two', 'kx-busybox', {
    spec: `${script('echo a1; sleep 1; echo a2; sleep 100000')}  - name: side\n    image: ${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local\n${script('sleep 0.5; echo b1; sleep 1; echo b2; sleep 100000')}`,
  }),
];

const namespace = await ownNamespace('logs', ...pods);

suite('kx logs on a cluster', () => {
  before(async () => {
    await eventually(
      'the pods have said what they say',
      async () => {
        const phase = await kubectl('get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[*].status.phase}');
        return phase.split(' ').filter((each) => each === 'Succeeded').length >= 2;
      },
      60_000,
    );
    await eventually('both containers have said it', async () =>
      /b2/.test(await kubectl('logs', '-n', namespace, 'two', '-c', 'side')),
    );
  });

  const kxWords = (args: readonly string[]): string[] => [
    'logs',
    '--context',
    'kx',
    ...(args.includes('-n') ? [] : ['-n', namespace]),
    ...args,
  ];
  const logs = (args: readonly string[], options: ProgramOptions = {}): Promise<Ended> =>
    run(kxBinary(), kxWords(args), { env, ...options });
  const startLogs = (args: readonly string[]): Running =>
    start(kxBinary(), kxWords(args), { env, stdin: null, timeout: 300_000 });
  const stopped = async (running: Running): Promise<Ended> => {
    running.child.kill('SIGINT');
    return running.ended;
  };
  const numbersOf = (stdout: Buffer): number[] =>
    stdout
      .toString('latin1')
      .split('\n')
      .slice(0, -1)
      .map((text) => parseInt(text, 10));
  const assertWhole = (stdout: Buffer): void => {
    const numbers = numbersOf(stdout);
    const wrong = numbers.findIndex((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
    assert.equal(wrong, -1, `after ${numbers[wrong - 1]} comes ${numbers[wrong]}`);
  };

  suite('gives the bytes and the messages of kubectl', () => {
    const parts = [
      [],
      ['--timestamps'],
      ['--tail=2'],
      ['--tail=0'],
      ['--tail=-1'],
      ['--limit-bytes=5'],
      ['--since=10h'],
      ['--since-time=2020-01-01T00:00:00Z'],
      ['--timestamps', '--tail=2', '--limit-bytes=40'],
      ['--prefix'],
      ['--prefix', '--timestamps', '--tail=3'],
      ['-f'],
      ['-f', '--tail=1', '--prefix'],
      ['-f', '--limit-bytes=7'],
      ['--ignore-errors'],
    ];
    const targets = [
      ['short'],
      ['pod/short'],
      ['short', 'main'],
      ['short', '-c', 'main'],
      ['long'],
      ['two', '-c', 'side'],
    ];
    for (const target of targets) {
      test(target.join(' '), async () => {
        for (const part of parts) {
          // What goes on running is followed without end.
          if (target[0] === 'two' && part.includes('-f')) continue;
          const [stock, ours] = await Promise.all([
            runKubectl(['logs', '-n', namespace, ...target, ...part]),
            logs([...target, ...part]),
          ]);
          assert.ok(ours.stdout.equals(stock.stdout), `${part.join(' ')}: ${ours.stderr}`);
          assert.deepEqual([ours.code, ours.stderr], [stock.code, stock.stderr], part.join(' '));
        }
      });
    }

    test('a default container is said', async () => {
      const [stock, ours] = await Promise.all([runKubectl(['logs', '-n', namespace, 'two']), logs(['two'])]);
      assert.deepEqual([ours.stdout.toString(), ours.stderr], [stock.stdout.toString(), stock.stderr]);
    });

    const mistakes = [
      ['nope'],
      ['short', '-c', 'nope'],
      ['short', '-p'],
      ['never'],
      ['short', '--tail=-3'],
      ['short', '--since=-1s'],
      ['short', '--limit-bytes=-1'],
      [],
      ['-l', 'a=b', 'short'],
      ['a', 'b', 'c'],
      ['two', 'side', '-c', 'side'],
      ['two', '--all-containers', '-c', 'side'],
      ['short', '--since=1s', '--since-time=2020-01-01T00:00:00Z'],
      ['deploy/nope'],
    ];
    test('mistakes are said in its words, and exit with 125', async () => {
      for (const words of mistakes) {
        const [stock, ours] = await Promise.all([runKubectl(['logs', '-n', namespace, ...words]), logs(words)]);
        const plain = (text: string): string =>
          (text.split('\n')[0] ?? '')
            .replace(/^(error: )?(Error from server \(\w+\)|error from server \(\w+\)|error): /i, '')
            .replace(/ \[KX_\w+\]$/, '')
            .replace(/\.$/, '');
        const theirs = plain(stock.stderr).replace(/^(pod|deployment)s(\.apps)? "/, '$1 "');
        assert.ok(
          plain(ours.stderr).startsWith(theirs),
          `${words.join(' ')}: kubectl says ${theirs}, kx ${ours.stderr}`,
        );
        assert.deepEqual([stock.code, ours.code, ours.stdout.toString()], [1, 125, '']);
      }
    });
  });

  test('several logs are merged in the order of time', async () => {
    const { code, stdout } = await logs(['two', '--all-containers', '--prefix']);
    assert.equal(code, 0);
    assert.equal(stdout.toString(), '[pod/two/main] a1\n[pod/two/side] b1\n[pod/two/main] a2\n[pod/two/side] b2\n');
  });

  test('restarts are followed with no line lost, and said', async () => {
    // A new one: the longer a pod crashes, the longer it waits.
    const commands = 'for i in 1 2 3; do echo run $i; done; sleep 2; echo last; exit 3';
    const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;
    await kubectl('run', 'crash', '-n', namespace, `--image=${image}`, '--', 'sh', '-c', commands);
    const running = startLogs(['-f', 'crash', '--pod-running-timeout', '60s']);
    await eventually('a restart', () => /started again/.test(running.stderr()), 120_000);
    await eventually('the next run', () => /last\nrun 1\nrun 2\nrun 3\n$/.test(running.stdout().toString()), 60_000);
    const { stdout, code } = await stopped(running);
    assert.equal(code, 130);
    assert.match(stdout.toString(), /^(run 1\nrun 2\nrun 3\nlast\n){1,}run 1\nrun 2\nrun 3\n$/);
  });

  test('rotations are followed with no line lost', async () => {
    const running = startLogs(['-f', 'rotating', '--tail=1']);
    await eventually('more than three files', () => running.stdout().length > 35_000_000, 240_000);
    const { stdout, stderr } = await stopped(running);
    assertWhole(stdout);
    assert.doesNotMatch(stderr, /missing/);
  });

  test('a rotation while the connection is lost is said with both times', async () => {
    const server = new URL(
      (await connect({ kubeconfig: env.KUBECONFIG, context: 'kx' }, { env: {}, log: () => {} })).server,
    );
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    const running = startLogs([
      '-f',
      'rotating',
      '--tail=1',
      '--server',
      `https://127.0.0.1:${proxy.port}`,
      '--tls-server-name',
      server.hostname,
    ]);
    await running.sees(/\n/);
    proxy.close();
    const last = numbersOf(running.stdout()).at(-1) ?? 0;
    await eventually(
      'the log begins anew',
      async () => {
        const first = await kubectl('logs', '-n', namespace, 'rotating', '--limit-bytes=20');
        return parseInt(first, 10) > last + 1;
      },
      120_000,
    );
    await startTcpProxy({ host: server.hostname, port: Number(server.port) }, proxy.port);
    const [, from = '', to = ''] = await running.sees(
      /the log was rotated meanwhile: lines between (\S+) and (\S+) may be missing/,
    );
    assert.ok(Date.parse(from) < Date.parse(to));
    await stopped(running);
  });

  test('random cuts lose and repeat nothing', async () => {
    const server = new URL(
      (await connect({ kubeconfig: env.KUBECONFIG, context: 'kx' }, { env: {}, log: () => {} })).server,
    );
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    const running = startLogs([
      '-f',
      'counter',
      '--tail=1',
      '--server',
      `https://127.0.0.1:${proxy.port}`,
      '--tls-server-name',
      server.hostname,
    ]);
    await running.sees(/\n/);
    for (let cut = 0; cut < 15; cut++) {
      const before = running.stdout().length;
      proxy.cutAfter(Math.floor(Math.random() * 20_000));
      await eventually('it goes on', () => running.stdout().length > before + 8000, 60_000);
    }
    const { stdout, stderr } = await stopped(running);
    assertWhole(stdout);
    assert.doesNotMatch(stderr, /missing/);
  });

  test('a kubelet that is killed loses nothing of a followed log', { skip: foreignCluster }, async () => {
    const node = (await kubectl('get', 'pod', '-n', namespace, 'counter', '-o', 'jsonpath={.spec.nodeName}')).trim();
    const running = startLogs(['-f', 'counter', '--tail=1']);
    await running.sees(/\n/);
    await onNode(node, 'pkill', '-9', '-x', 'kubelet');
    const before = running.stdout().length;
    await eventually('it goes on', () => running.stdout().length > before + 8000, 60_000);
    assertWhole((await stopped(running)).stdout);
  });

  test('pods that appear are picked up, and those that go are left', async () => {
    const running = startLogs(['-f', '/^late-/', '--tail=-1']);
    await running.sees(/No resources found/);
    const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;
    for (const name of ['late-1', 'late-2']) {
      await kubectl(
        'run',
        name,
        '-n',
        namespace,
        `--image=${image}`,
        '--restart=Never',
        '--',
        'sh',
        '-c',
        `echo hello from ${name}; sleep 2; echo bye`,
      );
    }
    for (const name of ['late-1', 'late-2']) {
      await running.sees(new RegExp(`${name} ${name} hello from ${name}\\n`));
      await running.sees(new RegExp(`${name} ${name} bye\\n`));
    }
    await eventually(
      'their ends are said',
      () => (running.stderr().match(/late-\d\/late-\d: ended with exit code 0/g) ?? []).length === 2,
    );
    assert.equal((await stopped(running)).code, 130);
  });

  test('sixty pods and more are shown in order, and followed at once', { timeout: 240_000 }, async () => {
    const many = Array.from({ length: 64 }, (_, index) => {
      const pod = podManifest(`many-${index}`, 'kx-busybox', { spec: script(`echo first of ${index}; sleep 100000`) });
      return pod.replace('labels: {', 'labels: {app: many, ');
    });
    const crowd = await ownNamespace('crowd', ...many);
    // A pod runs before it has said anything.
    const lines = await eventually(
      'all have said it',
      async () => {
        const { code, stdout, stderr } = await logs(['-n', crowd, '-l', 'app=many', '--timestamps']);
        assert.equal(code, 0, stderr);
        const said = stdout.toString().trimEnd().split('\n');
        return said.length === 64 && said;
      },
      60_000,
    );
    assert.deepEqual(lines, lines.toSorted());
    const running = startLogs(['-n', crowd, '-f', '-l', 'app=many']);
    await eventually('all of them', () => running.stdout().toString().split('\n').length === 65, 60_000);
    await stopped(running);
  });
});
