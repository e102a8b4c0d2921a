import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { runKx, startKx, type Ended } from '../support/program.ts';
import { countSleepers, uniqueSleep } from '../support/remote-processes.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

suite('kx exec: endings', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
  });
  const exec = (...args: string[]) => runKx(['exec', ...args], { env: sandbox.env });
  const sleepers = async (mark: string) => Number((await exec('one', '--', ...countSleepers(mark))).stdout.toString());
  const gone = (mark: string) => eventually('the remote processes are gone', async () => (await sleepers(mark)) === 0);
  const assertError = ({ code, stderr }: Ended, exit: number, name: string) => {
    assert.match(stderr, new RegExp(`^error: .+ \\[${name}\\]$`, 'm'));
    assert.equal(code, exit);
  };

  /** A command with a child, both of which say nothing and sleep; it prints a line when they do. */
  const family = (mark: string) => ['sh', '-c', `sleep ${mark} & echo up; sleep ${mark}`];

  for (const wrap of [[], ['--no-wrap']]) {
    test(['--timeout ends the command and its children, with 124', ...wrap].join(' '), async () => {
      const mark = uniqueSleep();
      const ended = await exec('--timeout', '2s', ...wrap, 'one', '--', ...family(mark));
      assertError(ended, 124, 'KX_TIMEOUT');
      assert.equal(ended.stdout.toString(), 'up\n');
      assert.match(ended.stderr, /^hint: .*ended/m);
      await gone(mark);
    });
  }

  test('a command that ends before its --timeout has its own code', async () => {
    const { code, stdout } = await exec('--timeout', '60s', 'one', '--', 'sh', '-c', 'echo in time; exit 6');
    assert.deepEqual([code, stdout.toString()], [6, 'in time\n']);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    for (const flags of [[], ['-i']]) {
      test([`${signal} ends the command and its children, with ${code}`, ...flags].join(' '), async () => {
        const mark = uniqueSleep();
        const running = startKx(['exec', ...flags, 'one', '--', ...family(mark)], { stdin: null, env: sandbox.env });
        await running.sees(/up\n/);
        await eventually('both sleep', async () => (await sleepers(mark)) === 2);
        running.child.kill(signal);
        assertError(await running.ended, code, 'KX_CANCELED');
        await gone(mark);
      });
    }
  }

  test('a second Ctrl-C does not wait for a command that ignores the first', async () => {
    const mark = uniqueSleep();
    const script = `trap "" INT TERM; echo up; exec sleep ${mark}`;
    const running = startKx(['exec', 'one', '--', 'sh', '-c', script], { env: sandbox.env });
    await running.sees(/up\n/);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    assertError(await running.ended, 130, 'KX_CANCELED');
    await exec('one', '--', 'sh', '-c', `pkill -KILL -f 'sleep ${mark}' || true`);
  });

  test('Ctrl-C ends a command that ignores it', async () => {
    const mark = uniqueSleep();
    const script = `trap "" INT TERM; echo up; sleep ${mark}; echo still here`;
    const running = startKx(['exec', 'one', '--', 'sh', '-c', script], { env: sandbox.env });
    await running.sees(/up\n/);
    running.child.kill('SIGINT');
    assertError(await running.ended, 130, 'KX_CANCELED');
    await gone(mark);
  });

  test('a command that cannot be found again is said to be left running', async () => {
    const mark = uniqueSleep();
    const running = startKx(['exec', 'one', '--', 'sh', '-c', `echo up; exec sleep ${mark}`], { env: sandbox.env });
    await running.sees(/up\n/);
    await eventually('it is another program', async () => (await sleepers(mark)) === 1);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    assertError(ended, 130, 'KX_CANCELED');
    if ((await sleepers(mark)) > 0) assert.match(ended.stderr, /^hint: .*left running/m);
    await exec('one', '--', 'sh', '-c', `pkill -KILL -f 'sleep ${mark}' || true`);
  });

  test('a stream without a Status is lost, and what came is shown', async () => {
    const ended = await exec('no-status', '--', 'echo', 'hello');
    assertError(ended, 125, 'KX_CONNECTION_LOST');
    assert.equal(ended.stdout.toString(), 'hello\n');
  });

  test('a stream cut in the middle is lost, and what came is shown', async () => {
    const ended = await exec('cut', '--', 'head', '-c', '1000000', '/dev/zero');
    assertError(ended, 125, 'KX_CONNECTION_LOST');
    assert.ok(ended.stdout.length >= 50_000 && ended.stdout.length < 1_000_000, `${ended.stdout.length} bytes`);
  });

  test('a stream cut with input in it is lost', async () => {
    const ended = await runKx(['exec', '-i', 'cut', '--', 'cat'], { env: sandbox.env, stdin: Buffer.alloc(1 << 20) });
    assertError(ended, 125, 'KX_CONNECTION_LOST');
  });

  test('a Status that comes late is waited for', async () => {
    const { code, stdout } = await exec('late-status', '--', 'sh', '-c', 'echo out; exit 7');
    assert.deepEqual([code, stdout.toString()], [7, 'out\n']);
  });

  test('a server of v4 runs commands, and the end of input is an error where no shell can tell it', async () => {
    const plain = await exec('old', '--', 'sh', '-c', 'echo out; exit 9');
    assert.deepEqual([plain.code, plain.stdout.toString()], [9, 'out\n']);
    const told = await runKx(['exec', '-i', 'old', '--', 'cat'], { env: sandbox.env, stdin: 'hello\n' });
    assert.deepEqual([told.code, told.stdout.toString()], [0, 'hello\n']);
    const ended = await runKx(['exec', '-i', '--no-wrap', 'old', '--', 'cat'], { env: sandbox.env, stdin: 'hello\n' });
    assertError(ended, 125, 'KX_STDIN_END');
    assert.equal(ended.stdout.toString(), 'hello\n');
  });

  test('a server of v4 is enough for a command that knows where its input ends', async () => {
    const ended = await runKx(['exec', '-i', 'old', '--', 'head', '-c', '5'], { env: sandbox.env, stdin: 'hello' });
    assert.deepEqual([ended.code, ended.stdout.toString()], [0, 'hello']);
  });

  test('a refused upgrade is told as the server says it', async () => {
    const ended = await exec('refused', '--', 'true');
    assertError(ended, 125, 'KX_FORBIDDEN');
    assert.equal(ended.stdout.length, 0);
  });
});
