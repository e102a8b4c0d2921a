import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import type { Running } from '../support/program.ts';
import { endInPod, inPod, kxExec, ownNamespace, podManifest, startKxExec } from './support.ts';
import { endAfterwards } from '../support/ending.ts';

const namespace = await ownNamespace(
  'endings',
  podManifest('ash', 'kx-busybox'),
  podManifest('dash', 'kx-debian'),
  podManifest('bash', 'kx-debian'),
);
await inPod(`bash -n ${namespace}`, 'mkdir -p /usr/local/sbin && ln -s /bin/bash /usr/local/sbin/sh');
const inNamespace = (pod: string): string => `${pod} -n ${namespace}`;

/** Every word of every process of a container, one process a line. */
async function commandLines(pod: string): Promise<string> {
  return inPod(pod, 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline && echo; done 2>/dev/null; true');
}

/** Waits until no process of the container has the word. */
async function assertGone(pod: string, word: string): Promise<void> {
  const own = new RegExp(`^(?!.*tr ).*\\b${word}\\b`, 'm');
  await eventually(`${word} is gone`, async () => !own.test(await commandLines(pod)), 10_000).catch(async () => {
    assert.fail(`left in ${pod}:\n${await commandLines(pod)}`);
  });
}

let durations = 100_000 + (process.pid % 1000) * 100;
/** A word that no other process has: a duration for sleep. */
const uniqueSleep = (): string => String(durations++);

/** A shell with children: in the foreground, in the background, and in a session of its own. */
const family = (sleep: string): string[] => [
  'sh',
  '-c',
  `sleep ${sleep} & if command -v setsid >/dev/null; then setsid sh -c 'sleep ${sleep}; :' & fi; sh -c '(sleep ${sleep}; :)' & echo ready; sleep ${sleep}; echo late`,
];

const signals = [
  { signal: 'SIGINT', code: 130, message: /^error: canceled by Ctrl-C \[KX_CANCELED\]$/m },
  { signal: 'SIGTERM', code: 143, message: /^error: canceled by SIGTERM \[KX_CANCELED\]$/m },
  { signal: 'SIGHUP', code: 129, message: /^error: canceled by SIGHUP \[KX_CANCELED\]$/m },
] as const;

suite('ending kx ends the remote command and its children', { concurrency: 3 }, () => {
  for (const [at, pod] of ['ash', 'dash', 'bash'].entries()) {
    for (const stdin of [true, false]) {
      const { signal, code, message } = signals[(at + Number(stdin)) % signals.length]!;
      test(`by ${signal} in ${pod}, ${stdin ? 'with' : 'without'} stdin`, async () => {
        const sleep = uniqueSleep();
        const running = startKxExec([...(stdin ? ['-i'] : []), ...inNamespace(pod).split(' '), '--', ...family(sleep)]);
        await running.sees(/ready/);
        running.child.kill(signal);
        const ended = await running.ended;
        assert.deepEqual([ended.code, ended.stdout.toString()], [code, 'ready\n'], ended.stderr);
        assert.match(ended.stderr, message);
        assert.match(ended.stderr, /^hint: the remote command and its children were ended$/m);
        await assertGone(inNamespace(pod), sleep);
      });
    }

    test(`by --timeout in ${pod}`, async () => {
      const sleep = uniqueSleep();
      const words = ['--timeout', '2s', ...inNamespace(pod).split(' '), '--', ...family(sleep)];
      const { code, stdout, stderr } = await kxExec(words);
      assert.deepEqual([code, stdout.toString()], [124, 'ready\n'], stderr);
      assert.match(stderr, /^error: .* \[KX_TIMEOUT\]\nhint: the remote command and its children were ended\n$/);
      await assertGone(inNamespace(pod), sleep);
    });

    test(`also when they ignore the first signal in ${pod}`, async () => {
      const sleep = uniqueSleep();
      const script = `trap '' INT TERM HUP; sleep ${sleep} & echo ready; sleep ${sleep}; sleep ${sleep}`;
      for (const before of [[], ['-i']]) {
        const running = startKxExec([...before, ...inNamespace(pod).split(' '), '--', 'sh', '-c', script]);
        await running.sees(/ready/);
        running.child.kill('SIGINT');
        const ended = await running.ended;
        assert.equal(ended.code, 130, ended.stderr);
        await assertGone(inNamespace(pod), sleep);
      }
    });
  }

  test('and a command that ends by the signal can still say its last words', async () => {
    const script = `trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done`;
    for (const before of [[], ['-i']]) {
      const running = startKxExec([...before, ...inNamespace('dash').split(' '), '--', 'sh', '-c', script]);
      await running.sees(/ready/);
      running.child.kill('SIGTERM');
      const ended = await running.ended;
      assert.deepEqual([ended.code, ended.stdout.toString()], [143, 'ready\nbye\n']);
    }
  });

  test('and nobody else: an equal command next to it goes on', async () => {
    const sleep = uniqueSleep();
    const words = ['-i', ...inNamespace('ash').split(' '), '--', 'sh', '-c', `echo ready; sleep ${sleep}`];
    const [one, other] = [startKxExec(words), startKxExec(words)];
    await Promise.all([one.sees(/ready/), other.sees(/ready/)]);
    one.child.kill('SIGTERM');
    assert.match((await one.ended).stderr, /were ended/);
    assert.match(await commandLines(inNamespace('ash')), new RegExp(`^sleep ${sleep} $`, 'm'));
    other.child.kill('SIGTERM');
    await other.ended;
    await assertGone(inNamespace('ash'), sleep);
  });

  test('with a command whose words are odd', async () => {
    const sleep = uniqueSleep();
    const words = ['sh', '-c', `echo ready\n# a 'b' "c" $d \\ *\nsleep ${sleep}; :`, '', ' ', "it's", 'ü\n'];
    for (const before of [[], ['-i']]) {
      const running = startKxExec([...before, ...inNamespace('dash').split(' '), '--', ...words]);
      await running.sees(/ready/);
      running.child.kill('SIGINT');
      assert.match((await running.ended).stderr, /were ended/);
      await assertGone(inNamespace('dash'), sleep);
    }
  });
});

suite('kx says that a command is left running', { concurrency: 3 }, () => {
  const left = /^hint: the command was left running in pod \S+: kx could not end it$/m;

  test('when two equal ones without a wrapper cannot be told apart', async () => {
    const sleep = uniqueSleep();
    const words = [...inNamespace('ash').split(' '), '--', 'sleep', sleep];
    const both: Running[] = [startKxExec(words), startKxExec(words)];
    await eventually(
      'both run',
      async () => (await commandLines(inNamespace('ash'))).match(new RegExp(`^sleep ${sleep} $`, 'gm'))?.length === 2,
    );
    both[0]!.child.kill('SIGINT');
    const ended = await both[0]!.ended;
    assert.equal(ended.code, 130);
    assert.match(ended.stderr, left);
    both[1]!.child.kill('SIGKILL');
    await endInPod(inNamespace('ash'), `sleep ${sleep}`);
  });

  test('when there is no shell that could end it', async () => {
    for (const words of [['distroless'], ['-i', 'distroless'], ['--no-wrap', '--timeout', '2s', 'distroless']]) {
      const running = startKxExec([...words, '--', '/app', 'sleep', '15']);
      if (!words.includes('--timeout')) {
        await eventually('it runs', () => running.child.exitCode === null);
        setTimeout(() => running.child.kill('SIGTERM'), 1500);
      }
      const ended = await running.ended;
      assert.equal(ended.code, words.includes('--timeout') ? 124 : 143, ended.stderr);
      assert.match(ended.stderr, left);
    }
  });

  test('and a second Ctrl-C leaves at once', async () => {
    const running = startKxExec(['distroless', '--', '/app', 'sleep', '20']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    running.child.kill('SIGINT');
    setTimeout(() => running.child.kill('SIGINT'), 50);
    const ended = await running.ended;
    assert.equal(ended.code, 130);
  });
});

suite('before the command runs', () => {
  test('Ctrl-C ends kx at once, and --timeout counts', async () => {
    // It takes connections and never answers.
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    endAfterwards(() => silent.close());
    await once(silent, 'listening');
    const flags = ['--server', `https://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const { code } = await kxExec([...flags, '--timeout', '2s', 'one', '--', 'true']);
    assert.equal(code, 124);
    const running = startKxExec([...flags, 'one', '--', 'true']);
    setTimeout(() => running.child.kill('SIGINT'), 500);
    assert.equal((await running.ended).code, 130);
  });
});
