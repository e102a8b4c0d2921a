import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';

suite('kx fanout-exec: how commands run and end', () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });
  const linesOf = (stdout: Buffer): string[] => stdout.toString().split('\n').slice(0, -1).sort();
  const script = (name: string, text: string): string => {
    const file = join(fleet.sandbox.folder, name);
    writeFileSync(file, text);
    return file;
  };

  test('every target runs the command once, and the summary counts them', async () => {
    const { code, stdout, stderr } = await fleet.fanout(['sts/web', '--parallelism', '5', '--', 'hostname']);
    assert.equal(code, 0);
    assert.deepEqual(linesOf(stdout), Array.from({ length: 12 }, (_, i) => `web-${i} web-${i}`).sort());
    assert.match(stderr, /^12 targets in \d+\.\d s: 12 succeeded\n$/);
  });

  test('words of the command take the names of the target', async () => {
    const words = [
      '{namespace}',
      '{pod}',
      '{container}',
      '{node}',
      '{index}',
      '{{pod}}',
      '{other}',
      '{}',
      'a{pod}b{pod}',
    ];
    const { stdout } = await fleet.fanout(['db-1', 'db-2', '-c', 'side', '-q', '--', 'echo', ...words]);
    assert.deepEqual(
      linesOf(stdout).map((line) => line.replace(/node-\d/, 'NODE')),
      [1, 2].map((i) => `db-${i} default db-${i} side NODE ${i - 1} {pod} {other} {} adb-${i}bdb-${i}`),
    );
  });

  test('the exit code is the largest, and the summary names who ended how', async () => {
    const { code, stderr } = await fleet.fanout(['sts/db', '--', 'sh', '-c', 'exit {index}']);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^3 targets in .*: 1 succeeded, 2 failed\n {2}exit code 1 \(1\): db-1\n {2}exit code 2 \(1\): db-2\n/m,
    );
  });

  test('a target that is not reached makes it 125, unless a code is larger', async () => {
    const small = await fleet.fanout(['db-0', 'refused', '--', 'sh', '-c', 'exit 3']);
    assert.equal(small.code, 125);
    assert.match(small.stderr, /^2 targets in .*: 1 failed, 1 not reached$/m);
    assert.match(small.stderr, /^ {2}not reached, KX_FORBIDDEN \(1\): refused\n {4}\S/m);
    const large = await fleet.fanout(['db-0', 'refused', '--', 'sh', '-c', 'kill -9 $$']);
    assert.equal(large.code, 137);
  });

  test('an ending that is not proven is never a success', async () => {
    for (const pod of ['no-status', 'cut']) {
      const { code, stderr } = await fleet.fanout([pod, 'web-0', '-q', '-o', 'summary', '--', 'seq', '100000']);
      assert.equal(code, 125, stderr);
    }
    const { stdout } = await fleet.fanout(['no-status', '-q', '-o', 'json', '--', 'true']);
    const result = JSON.parse(stdout.toString()) as { outcome: string; code: null; error: { code: string } };
    assert.deepEqual([result.outcome, result.code, result.error.code], ['unknown', null, 'KX_CONNECTION_LOST']);
  });

  test('a container without a shell runs what it has, and says what it has not', async () => {
    const bare = await fleet.fanout(['bare', '--', 'true']);
    assert.equal(bare.code, 127);
    assert.match(bare.stderr, /^ {2}exit code 127, KX_COMMAND_NOT_FOUND \(1\): bare$/m);
    const needsShell = await fleet.fanout(['bare', 'web-0', '--timeout', '1m', '--', 'true']);
    assert.equal(needsShell.code, 125);
    assert.match(
      needsShell.stderr,
      /^2 targets in .*: 1 succeeded, 1 not reached\n {2}not reached, KX_SHELL_MISSING \(1\): bare$/m,
    );
  });

  test('without the right to exec in one namespace the others run', async () => {
    const args = ['--context', 'sandbox-viewer', '-A', '/^web-0$|elsewhere/', '-o', 'summary', '--', 'true'];
    const { code, stdout } = await fleet.fanout(args);
    assert.equal(code, 125);
    assert.match(stdout.toString(), /1 succeeded, 1 not reached\n {2}succeeded \(1\): other\/elsewhere\n/);
    assert.match(stdout.toString(), /not reached, KX_FORBIDDEN \(1\): default\/web-0\n/);
  });

  test('--ignore-failures exits with 0 whatever became of them', async () => {
    const { code } = await fleet.fanout(['db-0', 'refused', '--ignore-failures', '--', 'false']);
    assert.equal(code, 0);
  });

  test('--env and --workdir are there, as in exec', async () => {
    const words = ['--env', 'ONE=a b', '--workdir', '/usr', '--', 'sh', '-c', 'echo "$ONE" $PWD'];
    assert.deepEqual(linesOf((await fleet.fanout(['web-0', '-q', ...words])).stdout), ['web-0 a b /usr']);
  });

  test('--timeout ends the command on the slow one, and delays nobody', async () => {
    const started = performance.now();
    const command = ['sh', '-c', 'test {index} = 1 && sleep 300; echo done'];
    const { code, stdout, stderr } = await fleet.fanout(['sts/db', '--timeout', '3s', '--', ...command]);
    assert.equal(code, 124);
    assert.deepEqual(linesOf(stdout), ['db-0 done', 'db-2 done']);
    assert.match(
      stderr,
      /exit code 124, KX_TIMEOUT \(1\): db-1\n.*\n {4}hint: the remote command and its children were ended/,
    );
    assert.ok(performance.now() - started < 30_000);
    const left = await fleet.fanout([
      'db-1',
      '-q',
      '--',
      'sh',
      '-c',
      'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c "sleep 30[0]"; true',
    ]);
    assert.deepEqual(linesOf(left.stdout), ['db-1 0']);
  });

  test('a dead target holds nobody up, and --timeout gives it up', async () => {
    const args = ['frozen', 'sts/web', '--parallelism', '2', '--timeout', '4s', '-o', 'json', '-q', '--', 'true'];
    const { code, stdout } = await fleet.fanout(args);
    assert.equal(code, 125);
    const results = linesOf(stdout).map((line) => JSON.parse(line) as { target: { pod: string }; outcome: string });
    assert.equal(results.filter(({ outcome }) => outcome === 'succeeded').length, 12);
    const dead = results.find(({ target }) => target.pod === 'frozen');
    assert.ok(dead?.outcome === 'unknown' || dead?.outcome === 'not-reached', dead?.outcome);
  });

  test('--retries tries again only where provably nothing was started', async () => {
    const args = ['down', 'refused', 'no-status', 'web-0', '--retries', '2', '-o', 'json', '-q', '--', 'false'];
    const { code, stdout } = await fleet.fanout(args);
    assert.equal(code, 125);
    const results = linesOf(stdout).map((line) => JSON.parse(line) as { target: { pod: string }; attempts: number });
    const attempts = Object.fromEntries(results.map((result) => [result.target.pod, result.attempts]));
    assert.deepEqual(attempts, { down: 3, refused: 1, 'no-status': 1, 'web-0': 1 });
  });

  test('--max-failures launches no more', async () => {
    const args = ['sts/web', '--parallelism', '1', '--max-failures', '25%', '--', 'sh', '-c', 'exit 5'];
    const { code, stderr } = await fleet.fanout(args);
    assert.equal(code, 5);
    assert.match(stderr, /^12 targets in .*: 3 failed, 9 skipped$/m);
  });

  test('--fail-fast ends what runs', async () => {
    const command = ['sh', '-c', 'test {index} = 4 && exit 7; sleep 301'];
    const { code, stderr } = await fleet.fanout(['sts/web', '--fail-fast', '--', ...command]);
    assert.equal(code, 7, stderr);
    assert.match(stderr, /^12 targets in .*: 1 failed, 11 canceled$/m);
    assert.match(
      stderr,
      /ended because another target failed \(--fail-fast\)\n {4}hint: the remote command and its children were ended/,
    );
  });

  test('--batch runs so many, then the next', async () => {
    const args = ['sts/web', '--batch', '50%', '--batch-pause', '500ms', '-o', 'json', '-q', '--', 'true'];
    const { code, stdout } = await fleet.fanout(args);
    assert.equal(code, 0);
    const results = linesOf(stdout).map(
      (line) => JSON.parse(line) as { index: number; startedAt: string; endedAt: string },
    );
    const firstEnd = Math.max(...results.filter(({ index }) => index < 6).map(({ endedAt }) => Date.parse(endedAt)));
    const secondStart = Math.min(
      ...results.filter(({ index }) => index >= 6).map(({ startedAt }) => Date.parse(startedAt)),
    );
    assert.ok(secondStart - firstEnd >= 450, `${secondStart - firstEnd} ms`);
  });

  test('-i gives every command all of stdin, in several windows too', async () => {
    const input = randomBytes(3 << 20);
    const args = ['sts/web', '-i', '--parallelism', '5', '-o', 'gather', '-q', '--', 'sha256sum'];
    const { code, stdout } = await fleet.fanout(args, { stdin: input });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /web-\[0-11\] \(12\)/);
    const { createHash } = await import('node:crypto');
    assert.match(stdout.toString(), new RegExp(createHash('sha256').update(input).digest('hex')));
  });

  test('-i passes on what comes while it comes', async () => {
    const running = fleet.start(['sts/db', '-i', '-q', '--', 'cat'], { stdin: null });
    running.child.stdin.write('first\n');
    for (const pod of ['db-0', 'db-1', 'db-2']) await running.sees(new RegExp(`${pod} first\n`));
    running.child.stdin.end('second\n');
    const { code, stdout } = await running.ended;
    assert.equal(code, 0);
    assert.equal(linesOf(stdout).filter((line) => line.endsWith(' second')).length, 3);
  });

  test('without -i stdin is left alone', async () => {
    const { stdout } = await fleet.fanout(['web-0', '-q', '--', 'cat'], { stdin: 'not for it' });
    assert.equal(stdout.length, 0);
  });

  test('--script runs a script with its arguments, and leaves nothing behind', async () => {
    const file = script(
      'hello.sh',
      'echo "$#:$1:$2"; cat; ls -A /tmp /dev/shm /var/tmp 2>/dev/null | grep -c kx; exit 3\n',
    );
    const { code, stdout } = await fleet.fanout(['sts/db', '-q', '--script', file, '--', 'a b', '{pod}']);
    assert.equal(code, 3);
    assert.deepEqual(linesOf(stdout), [0, 1, 2].flatMap((i) => [`db-${i} 0`, `db-${i} 2:a b:db-${i}`]).sort());
  });

  test('--script honours another interpreter and its argument, and -i is what the script reads', async () => {
    const file = script('hello.pl', '#!/usr/bin/perl -w\nprint "perl $^W @ARGV "; print <STDIN>;\n');
    const { code, stdout } = await fleet.fanout(['web-0', '-q', '-i', '--script', file, '--', 'x'], { stdin: 'in\n' });
    assert.deepEqual([code, linesOf(stdout)], [0, ['web-0 perl 1 x in']]);
    const missing = script('missing', '#!/no/such/interpreter\n');
    assert.equal((await fleet.fanout(['web-0', '--script', missing])).code, 127);
  });

  test('--script takes scripts longer than any argument, to the last byte, and the input behind them', async () => {
    const filler = `# ${'x'.repeat(97)}\n`.repeat(20_000);
    const file = script('long.sh', `echo begin\n${filler}echo middle; wc -c\nprintf end`);
    const { code, stdout } = await fleet.fanout(['web-0', '-q', '-i', '--script', file], {
      stdin: randomBytes(300_000),
    });
    assert.deepEqual([code, stdout.toString()], [0, 'web-0 begin\nweb-0 middle\nweb-0 300000\nweb-0 end\n']);
  });

  test('--script needs a shell, and says so', async () => {
    const file = script('any.sh', 'true\n');
    const { code, stderr } = await fleet.fanout(['bare', 'web-0', '--script', file]);
    assert.equal(code, 125);
    assert.match(stderr, /--script cannot be had: the container has no sh/);
  });

  test('a script on stdin is a script too', async () => {
    const { code, stdout } = await fleet.fanout(['web-0', '-q', '--script', '-', '--', 'arg'], {
      stdin: 'echo "got $1"\n',
    });
    assert.deepEqual([code, stdout.toString()], [0, 'web-0 got arg\n']);
  });
});
