import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { kxBinary, run, type Running } from '../support/program.ts';
import { countSleepers, uniqueSleep } from '../support/remote-processes.ts';

suite('kx fanout-exec: Ctrl-C, signals and readers that leave', () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });

  /** How many processes of a mark are left in all web pods. */
  const leftOf = async (mark: string): Promise<number> => {
    const { stdout } = await fleet.fanout(['sts/web', '-q', '--', ...countSleepers(mark)]);
    return stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[1]))
      .reduce((a, b) => a + b, 0);
  };
  /** Starts a sleep on three of twelve, and waits until they sleep. */
  const startSleepers = async (mark: string, script = 'echo up; sleep'): Promise<Running> => {
    const running = fleet.start(['sts/web', '--parallelism', '3', '--', 'sh', '-c', `${script} ${mark}`]);
    for (const name of ['web-0', 'web-1', 'web-10']) await running.sees(new RegExp(`^${name} up$`, 'm'));
    return running;
  };

  test('the first Ctrl-C launches no more and names who runs; what runs ends by itself', async () => {
    const running = fleet.start(['sts/web', '--parallelism', '3', '--', 'sh', '-c', 'echo up; sleep 3; echo done']);
    await running.sees(/^web-10 up$/m);
    running.child.kill('SIGINT');
    await running.sees(/^canceled: no more are launched; 3 still running, which Ctrl-C ends: web-\[0-1,10\]$/m);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.equal(stdout.toString().match(/ done$/gm)?.length, 3);
    assert.match(stderr, /^12 targets in .*: 3 succeeded, 9 skipped\n {2}skipped \(9\): web-\[2-9,11\]$/m);
  });

  test('the second ends the remote commands, and what they started', async () => {
    const mark = uniqueSleep();
    const running = await startSleepers(mark);
    running.child.kill('SIGINT');
    await running.sees(/3 still running/);
    assert.equal(await leftOf(mark), 3);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.match(stderr, /^12 targets in .*: 3 canceled, 9 skipped\n {2}canceled \(3\): web-\[0-1,10\]$/m);
    assert.match(stderr, /hint: the remote command and its children were ended/);
    assert.equal(await leftOf(mark), 0);
  });

  test('SIGTERM ends them at once, also those that ignore it', async () => {
    const mark = uniqueSleep();
    const running = await startSleepers(mark, 'trap "" TERM; echo up; sleep');
    running.child.kill('SIGTERM');
    const { code } = await running.ended;
    assert.equal(code, 143);
    assert.equal(await leftOf(mark), 0);
  });

  test('SIGHUP ends them too, with a code of its own', async () => {
    const mark = uniqueSleep();
    const running = await startSleepers(mark);
    running.child.kill('SIGHUP');
    assert.equal((await running.ended).code, 129);
    assert.equal(await leftOf(mark), 0);
  });

  test('a signal between two batches ends kx, and what was not launched is skipped', async () => {
    for (const [signal, exit] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const running = fleet.start(['sts/db', '--batch', '1', '--batch-pause', '10m', '-o', 'json', '--', 'true']);
      await running.sees(/"pod":"db-0"/);
      running.child.kill(signal);
      const { code, stderr } = await running.ended;
      assert.equal(code, exit, stderr);
      assert.match(stderr, /^3 targets in .*: 1 succeeded, 2 skipped$/m);
    }
  });

  test('the third Ctrl-C does not wait for a target that answers nothing', async () => {
    const running = fleet.start(['frozen', 'web-0', '-o', 'json', '--', 'seq', '1000']);
    await running.sees(/"pod":"web-0"/);
    running.child.kill('SIGINT');
    await running.sees(/1 still running, which Ctrl-C ends: frozen$/m);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /^2 targets in .*: 1 succeeded, 1 /m);
  });

  test('a Ctrl-C before anything runs ends kx', async () => {
    const running = fleet.start(['sts/web', '-v=6', '--', 'true']);
    await running.sees(/GET/);
    running.child.kill('SIGINT');
    const { code } = await running.ended;
    assert.ok(code === 130 || code === 0, String(code));
  });

  test('codes of commands that were canceled do not hide one that is larger', async () => {
    const running = fleet.start([
      'sts/web',
      '--parallelism',
      '3',
      '--',
      'sh',
      '-c',
      'test {index} = 0 && exit 200; echo up; sleep 302',
    ]);
    await running.sees(/^web-1 up$/m);
    await running.sees(/exit code 200/);
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 200);
  });

  test('a reader that leaves ends it all, quietly, also what writes nothing', async () => {
    const mark = uniqueSleep();
    const script = `"$KX" fanout sts/web -q -- sh -c 'test {index} = 3 && yes; sleep ${mark}' | head -2; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', script], { env: { ...fleet.sandbox.env, KX: kxBinary() } });
    assert.match(stdout.toString(), /^web-\d+ y\nweb-\d+ y\n141\n$/);
    assert.equal(stderr, '');
    assert.equal(await leftOf(mark), 0);
  });

  test('a reader of JSON that leaves ends it too', async () => {
    const script = `"$KX" fanout sts/web -q -o json --parallelism 2 -- seq 100000 | head -c 50 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', script], { env: { ...fleet.sandbox.env, KX: kxBinary() } });
    assert.deepEqual([stdout.toString(), stderr], ['141\n', '']);
  });

  test('a slow reader gets everything, in whole lines', async () => {
    const count = `awk 'NF == 2 && $2 > 0 { n[$1]++ } END { for (pod in n) print pod, n[pod] }' | sort -V`;
    const script = `set -o pipefail; "$KX" fanout sts/web -- seq 300000 | { sleep 3; ${count}; }; echo $?`;
    const { stdout, stderr } = await run('bash', ['-c', script], { env: { ...fleet.sandbox.env, KX: kxBinary() } });
    const all = Array.from({ length: 12 }, (_, i) => `web-${i} 300000`);
    assert.deepEqual(stdout.toString().trim().split('\n'), [...all, '0'], stderr);
    assert.match(stderr, /12 succeeded/);
  });
});
