import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { kxBinary, run, type Ended } from '../support/program.ts';
import { countSleepers, uniqueSleep } from '../support/remote-processes.ts';

suite('kx fanout-exec: what cannot be written, kept or read', () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });
  /** A line of shell, in which `$KX` is kx. */
  const line = (text: string): Promise<Ended> =>
    run('bash', ['-c', text], { env: { ...fleet.sandbox.env, KX: kxBinary() } });
  const sh = (script: string): string[] => ['--', 'sh', '-c', script];

  for (const output of ['stream', 'gather', 'diff', 'json', 'summary']) {
    test(`-o ${output} on a full disk says so, counts who had their turn, and is no fault of kx`, async () => {
      const { code, stderr } = await run('sh', ['-c', `"$KX" fanout sts/db -o ${output} -- echo hi >/dev/full`], {
        env: { ...fleet.sandbox.env, KX: kxBinary() },
      });
      assert.equal(code, 125);
      assert.match(stderr, /^error: cannot write stdout: ENOSPC: .* \[KX_USAGE\]$/m);
      assert.doesNotMatch(stderr, /report it/);
      assert.match(stderr, /^3 targets in /m);
    });
  }

  test('a list of targets that cannot be written is no success', async () => {
    const { code, stderr } = await line('"$KX" fanout sts/db --dry-run >/dev/full');
    assert.equal(code, 125);
    assert.match(stderr, /^error: cannot write stdout: ENOSPC/m);
  });

  test('a reader that leaves while nobody writes ends it', async () => {
    const mark = uniqueSleep();
    const { stdout } = await line(`"$KX" fanout web-0 -q -- sleep ${mark} | true; echo "\${PIPESTATUS[0]}"`);
    assert.equal(stdout.toString(), '141\n');
    const left = await fleet.fanout(['web-0', '-q', '--', ...countSleepers(mark)]);
    assert.equal(left.stdout.toString(), 'web-0 0\n');
  });

  test('a summary that nobody reads keeps no file from being written', async () => {
    const folder = join(fleet.sandbox.folder, 'unread');
    const { stdout } = await line(
      `"$KX" fanout sts/db --outdir ${folder} -- sh -c 'sleep 2; echo x' | true; echo "\${PIPESTATUS[0]}"`,
    );
    assert.equal(stdout.toString(), '141\n');
    for (const file of readdirSync(folder)) assert.equal(readFileSync(join(folder, file), 'latin1'), 'x\n');
    assert.equal(readdirSync(folder).length, 3);
  });

  test('--outdir: what is cut is said, and nothing is cut that was not asked for', async () => {
    const folder = join(fleet.sandbox.folder, 'cut');
    const cut = await fleet.fanout(['db-0', '--outdir', folder, '--max-output', '10', '--', 'seq', '1000']);
    assert.match(cut.stderr, /^warning: .*\/default_db-0_main\.stdout is cut after 10 B$/m);
    assert.equal(statSync(join(folder, 'default_db-0_main.stdout')).size, 10);
    const whole = ['db-0', '--outdir', folder, '-o', 'json', '-q', ...sh('head -c 3000000 /dev/zero')];
    const { stdout } = await fleet.fanout(whole);
    const result = JSON.parse(stdout.toString()) as { truncated: { stdout: boolean } };
    assert.equal(result.truncated.stdout, true, 'in JSON it is');
    assert.equal(statSync(join(folder, 'default_db-0_main.stdout')).size, 3_000_000);
  });

  test('--outdir: files of an earlier run do not look like those of this one, and others stay', async () => {
    const folder = join(fleet.sandbox.folder, 'again');
    await fleet.fanout(['db-0', 'db-1', '-q', '--outdir', folder, ...sh('echo one; echo wrong >&2')]);
    writeFileSync(join(folder, 'default_refused_main.stdout'), 'old');
    writeFileSync(join(folder, 'notes'), 'mine');
    await fleet.fanout(['db-0', 'refused', '--outdir', folder, ...sh('echo two')]);
    assert.equal(readFileSync(join(folder, 'default_db-0_main.stdout'), 'latin1'), 'two\n');
    assert.deepEqual(readdirSync(folder).sort(), [
      'default_db-0_main.stdout',
      'default_db-1_main.stderr',
      'default_db-1_main.stdout',
      'notes',
    ]);
  });

  test('--outdir: a file that cannot be replaced ends it before anything runs', async () => {
    const folder = join(fleet.sandbox.folder, 'taken');
    mkdirSync(join(folder, 'default_db-1_main.stdout'), { recursive: true });
    const { code, stderr } = await fleet.fanout(['sts/db', '--outdir', folder, ...sh('echo hi')]);
    assert.equal(code, 125);
    assert.match(stderr, /^error: cannot write .*default_db-1_main\.stdout: .* \[KX_USAGE\]$/m);
    assert.doesNotMatch(stderr, /targets in/);
  });

  test('what is kept without room for it ends with one error that says where', async () => {
    for (const output of ['gather', 'json', 'stream']) {
      const args = ['db-0', '-o', output, '-q', ...sh('head -c 300000 /dev/zero')];
      const { code, stderr } = await fleet.fanout(args, { env: { TMPDIR: '/proc/nothing' } });
      assert.equal(code, 125, output);
      assert.match(stderr, /^error: cannot keep output in \/proc\/nothing: .*\nhint: TMPDIR names another place$/m);
    }
  });

  test('stdin that is a folder is one error', async () => {
    const { code, stderr } = await line('"$KX" fanout db-0 -i -q -- cat </');
    assert.equal(code, 125);
    assert.match(stderr, /^error: cannot read stdin: EISDIR/m);
    assert.doesNotMatch(stderr, /report it/);
  });

  test('an input without an end is not read ahead for ever', async () => {
    const folder = join(fleet.sandbox.folder, 'taken-input');
    const script = `{ head -c 200000000 /dev/zero && echo all >${folder}; } | "$KX" fanout sts/db -i -q -- sh -c 'head -c 1 >/dev/null; sleep 3'`;
    const { code } = await line(script);
    assert.equal(code, 0);
    assert.ok(!existsSync(folder), 'the input was taken whole');
  });

  test('texts that must be in memory as a whole have a bound', async () => {
    for (const output of ['json', 'diff']) {
      const { code, stderr } = await fleet.fanout(['db-0', '-o', output, '--max-output', '1Gi', '--', 'true']);
      assert.equal(code, 125);
      assert.match(stderr, /^error: -o \w+ has at most 64Mi of each output \[KX_USAGE\]$/m);
    }
  });

  test('gather passes on bytes that are not text, and outputs larger than memory keeps', async () => {
    const args = ['sts/db', '-o', 'gather', '-q', '--max-output', '100Mi'];
    const { stdout } = await fleet.fanout([...args, ...sh('printf "\\377\\0"; head -c 9000000 /dev/zero')]);
    const header = '---------------\ndb-[0-2] (3)\n---------------\n';
    assert.equal(stdout.toString('latin1', 0, header.length), header);
    assert.equal(stdout[header.length], 0xff);
    assert.equal(stdout.length, header.length + 2 + 9_000_000 + 1);
  });

  test('few open files make the window smaller, which is said, and no target is missed', async () => {
    const { code, stderr } = await line('ulimit -n 40; "$KX" fanout sts/web --parallelism 100000 -- sleep 0.2');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^8 at a time: no more than 40 files may be open \(ulimit -n\)$/m);
    assert.match(stderr, /^12 targets in .*: 12 succeeded$/m);
  });

  test('--env takes the names of the target too', async () => {
    const { stdout } = await fleet.fanout(['db-1', '-q', '--env', 'WHO={pod}/{{pod}}', ...sh('echo "$WHO"')]);
    assert.equal(stdout.toString(), 'db-1 db-1/{pod}\n');
  });
});
