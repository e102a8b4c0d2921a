import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { kxBinary, runKx, start, startKx } from '../support/program.ts';
import { uniqueSleep } from '../support/remote-processes.ts';
import { startSandboxProcess } from '../support/sandbox.ts';

/** How many processes of this machine have these words in a row in their command line. */
function countProcesses(...words: readonly string[]): number {
  const wanted = `${words.join('\0')}\0`;
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(wanted);
    } catch {
      return false;
    }
  }).length;
}

suite('kx sandbox', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
    // A sandbox that is killed leaves its temporary folder.
    process.env['TMPDIR'] = folder;
  });
  after(() => rmSync(folder, { recursive: true }));

  test('-- runs a command with KUBECONFIG set, and ends with its code', async () => {
    const script = `stat -c %a "$KUBECONFIG"; echo "$KUBECONFIG" >${folder}/note; "${kxBinary()}" exec two -c app -- hostname; exit 9`;
    const { code, stdout, stderr } = await runKx(['sandbox', '--', 'sh', '-c', script]);
    assert.deepEqual([code, stdout.toString(), stderr], [9, '600\ntwo\n', '']);
    assert.ok(!existsSync(readFileSync(join(folder, 'note'), 'utf8').trim()), 'the kubeconfig is gone');
  });

  test('-- passes stdin on', async () => {
    const script = `"${kxBinary()}" exec -i two -c app -- cat`;
    const { stdout } = await runKx(['sandbox', '--', 'sh', '-c', script], { stdin: 'hello' });
    assert.equal(stdout.toString(), 'hello');
  });

  test('-- with a missing program is 127', async () => {
    const { code, stderr } = await runKx(['sandbox', '--', 'no-such-program']);
    assert.equal(code, 127);
    assert.match(stderr, /^error: .*no-such-program.*\[KX_COMMAND_NOT_FOUND\]\n$/);
  });

  test('without a temporary folder says so in one line', async () => {
    const { code, stderr } = await runKx(['sandbox', '--', 'true'], { env: { TMPDIR: join(folder, 'missing') } });
    assert.equal(code, 125);
    assert.match(
      stderr,
      /^error: cannot write to the temporary folder .*missing: ENOENT \[KX_USAGE\]\nhint: .*TMPDIR\n$/,
    );
  });

  test('runs commands as plain processes where namespaces are not to be had', async () => {
    const kx = `"${kxBinary()}" exec two -c app`;
    const mark = uniqueSleep();
    const script = [
      `${kx} -- sh -c 'echo out; exit 3'; echo $?`,
      `${kx} -- sh -c 'kill -9 $$'; echo $?`,
      `${kx} --timeout 1s -- sh -c 'sleep ${mark} & sleep ${mark}'; echo $?`,
      `${kx} -- sh -c 'sleep ${mark} >/dev/null 2>&1 & echo left'`,
    ].join('; ');
    // In a user namespace without any user, no other namespace can be made.
    const { stdout, stderr } = await start('unshare', ['--user', kxBinary(), 'sandbox', '--', 'sh', '-c', script], {
      stdin: '',
    }).ended;
    assert.match(stderr, /^warning: Linux namespaces are not to be had here/);
    assert.equal(stdout.toString(), 'out\n3\n137\n124\nleft\n');
    assert.match(stderr, /hint: the remote command and its children were ended/);
    await eventually('nothing is left', () => countProcesses('sleep', mark) === 0);
  });

  test('says how it is used, and takes its kubeconfig away at the end', async () => {
    const running = startKx(['sandbox'], { stdin: null });
    const [, kubeconfig = ''] = await running.sees(/export KUBECONFIG=(\S+)/);
    await running.sees(/Ctrl-C/);
    assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 0);
    assert.ok(!existsSync(kubeconfig));
  });

  test('a SIGTERM while it starts is not lost: the command behind -- is not run', async () => {
    const own = mkdtempSync(join(folder, 'start-'));
    const running = startKx(['sandbox', '--', 'sleep', uniqueSleep()], { env: { TMPDIR: own } });
    await eventually('it starts', () => readdirSync(own).length > 0);
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 143);
    assert.deepEqual(readdirSync(own), []);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`nothing is left running after ${signal}`, async () => {
      const sandbox = await startSandboxProcess();
      const mark = uniqueSleep();
      const script = `sleep ${mark} & setsid sleep ${mark} & echo up; exec sleep ${mark}`;
      const running = startKx(['exec', '--no-wrap', 'one', '--', 'sh', '-c', script], { env: sandbox.env });
      await running.sees(/up\n/);
      await eventually('all three sleep', () => countProcesses('sleep', mark) === 3);
      sandbox.running.child.kill(signal);
      await sandbox.running.ended;
      assert.equal((await running.ended).code, 125);
      await eventually('all are gone', () => countProcesses('sleep', mark) === 0);
    });

    test(`the command behind -- ends with a sandbox that gets ${signal}`, async () => {
      const mark = uniqueSleep();
      const running = startKx(['sandbox', '--', 'sleep', mark]);
      await eventually(
        'it sleeps',
        () => countProcesses('sleep', mark) === 1 || countProcesses('--', 'sleep', mark) === 1,
      );
      await eventually('it is the only one', () => countProcesses('--', 'sleep', mark) === 1);
      running.child.kill(signal);
      await running.ended;
      await eventually('it is gone', () => countProcesses('sleep', mark) === 0);
    });
  }

  for (const [what, args, code, says] of [
    ['a file that is missing', ['-f', '/no/such/file'], 'KX_USAGE', /\/no\/such\/file/],
    ['a port that is none', ['--port', 'x'], 'KX_USAGE', /"x"/],
    ['no command behind --', ['--'], 'KX_USAGE', /no command/],
  ] as const) {
    test(`${what} is an error in one line`, async () => {
      const ended = await runKx(['sandbox', ...args]);
      assert.equal(ended.code, 125);
      assert.match(ended.stderr, new RegExp(`^error: .*${says.source}.* \\[${code}\\]\\n`));
      assert.equal(ended.stdout.length, 0);
    });
  }

  test('a cluster file with a fault in it is an error that says where', async () => {
    const file = join(folder, 'broken.yaml');
    writeFileSync(file, '{ apiVersion: v1, kind: Node, metadata: { name: n } }\n---\n{ apiVersion: v1, kind: Pod }\n');
    const { code, stderr } = await runKx(['sandbox', '-f', file]);
    assert.equal(code, 125);
    assert.equal(stderr, `error: ${file}: a Pod has no metadata.name [KX_CONFIG]\n`);
  });

  test('a kubeconfig that exists is not overwritten', async () => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'mine');
    const { code } = await runKx(['sandbox', '--kubeconfig-out', file, '--', 'true']);
    assert.equal(code, 125);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
  });
});
