import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { collect, type ExecRequest } from '../../../src/lib/process/index.ts';
import { openLocalRuntime, type LocalContainer, type LocalRuntime } from '../../../src/lib/runtime/index.ts';
import { eventually } from '../../support/eventually.ts';

const container: LocalContainer = {
  id: 'one',
  hostname: 'web-0',
  hosts: '127.0.0.1 localhost',
  env: { GREETING: 'hello' },
  workingDir: '/',
  empty: false,
};

suite('the local runtime', () => {
  let runtime: LocalRuntime;
  before(async () => {
    runtime = await openLocalRuntime();
  });
  after(() => runtime.close());

  const start = (command: readonly string[], more: Partial<ExecRequest> = {}, where = container) =>
    runtime.exec(where, { command, stdin: false, tty: null, ...more });
  const run = async (command: readonly string[], input?: string | Uint8Array, where = container) => {
    const remote = await start(command, { stdin: input !== undefined }, where);
    remote.stdin?.end(input);
    const { status, stdout, stderr } = await collect(remote);
    return { code: status.code, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  const sh = (script: string, input?: string | Uint8Array) => run(['sh', '-c', script], input);
  const isolated = (t: { skip: (why: string) => void }): boolean => {
    if (runtime.isolation === 'none') t.skip('there are no namespaces to be had');
    return runtime.isolation !== 'none';
  };

  test('keeps the outputs apart and gives the exit code', async () => {
    assert.deepEqual(await sh('echo out; echo err >&2; exit 7'), { code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('has no devices but its own, whatever a command makes', async (t) => {
    if (!isolated(t)) return;
    assert.equal((await sh('echo x >/dev/null')).code, 0);
    assert.notEqual((await sh('mknod /tmp/device c 1 3 && echo x >/tmp/device')).code, 0);
  });

  test('has outputs that can be opened by name', async () => {
    assert.deepEqual(await sh('echo err >/dev/stderr'), { code: 0, stdout: '', stderr: 'err\n' });
  });

  test('gives 128 + n for a command ended by signal n', async () => {
    assert.equal((await sh('kill -9 $$')).code, 137);
    assert.equal((await sh('kill -TERM $$')).code, 143);
  });

  test('a command that was stopped goes on and ends', async () => {
    // Long enough that whoever waits for it sees it stopped.
    assert.equal((await sh('(sleep 0.5; kill -CONT $$) & kill -STOP $$; wait; exit 7')).code, 7);
  });

  test('tells the command where its input ends', async () => {
    assert.equal((await sh('cat; echo end', 'hello\n')).stdout, 'hello\nend\n');
  });

  test('without input the command reads nothing', async () => {
    assert.equal((await sh('cat; echo end')).stdout, 'end\n');
  });

  test('carries 8 MiB through, whole', async () => {
    const bytes = Buffer.alloc(8 << 20, 'kx');
    assert.equal((await run(['wc', '-c'], bytes)).stdout.trim(), String(bytes.length));
  });

  test('does not wait for input that the command does not take', async () => {
    assert.equal((await run(['head', '-c', '3'], Buffer.alloc(8 << 20, 'x'))).stdout, 'xxx');
  });

  test('ends only when nobody holds the output, as under containerd', async () => {
    assert.equal((await sh('(sleep 0.5; echo late) & echo early')).stdout, 'early\nlate\n');
  });

  test('gives a command the environment of the container and nothing else', async (t) => {
    if (!isolated(t)) return;
    const { stdout } = await run(['env']);
    assert.deepEqual(stdout.trim().split('\n').sort(), [
      'GREETING=hello',
      'HOME=/root',
      'HOSTNAME=web-0',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  test('makes every command a session leader without a parent', async (t) => {
    if (!isolated(t)) return;
    const [pid, , , ppid, , session] = (await sh('cat /proc/$$/stat')).stdout.split(' ');
    assert.deepEqual([ppid, session], ['0', pid]);
  });

  test('starts in the working directory of the container', async (t) => {
    if (!isolated(t)) return;
    assert.equal(
      (await run(['pwd'], undefined, { ...container, id: 'cwd', workingDir: '/usr/bin' })).stdout,
      '/usr/bin\n',
    );
  });

  test('says in the words of a real runtime what cannot be started', async (t) => {
    if (!isolated(t)) return;
    for (const [name, code, message] of [
      ['nosuch', 'KX_COMMAND_NOT_FOUND', /exec: "nosuch": executable file not found in \$PATH/],
      ['/no/such', 'KX_COMMAND_NOT_FOUND', /exec: "\/no\/such": stat \/no\/such: no such file or directory/],
      ['/etc/passwd', 'KX_COMMAND_NOT_EXECUTABLE', /exec: "\/etc\/passwd": permission denied/],
      ['/tmp', 'KX_COMMAND_NOT_EXECUTABLE', /exec: "\/tmp": is a directory/],
    ] as const) {
      await assert.rejects(start([name]), { code, message });
    }
    await assert.rejects(start(['true'], { cwd: '/no/such' }), { message: /chdir to cwd \("\/no\/such"\)/ });
  });

  test('has nothing to run in an empty container', async () => {
    await assert.rejects(start(['sh'], {}, { ...container, id: 'empty', empty: true }), {
      code: 'KX_COMMAND_NOT_FOUND',
    });
  });

  test('leaves the files of the machine alone, and hides its own', async (t) => {
    if (!isolated(t)) return;
    const folder = await mkdtemp(join(tmpdir(), 'kx-test-'));
    t.after(() => rm(folder, { recursive: true }));
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'kept');
    const passwd = readFileSync('/etc/passwd', 'utf8');
    const script = `cat >/etc/passwd; cat "${secret}"; rm -rf /tmp/* /tmp/.[!.]*; touch /usr/touched; ls -A /root /home /tmp`;
    const { stdout, stderr } = await sh(script, 'overwritten\n');
    assert.equal(stdout, '/home:\n\n/root:\n\n/tmp:\n');
    assert.match(stderr, /secret.*No such file/);
    assert.match(stderr, /touched.*: Read-only file system/);
    assert.equal(readFileSync('/etc/passwd', 'utf8'), passwd);
    assert.equal(readFileSync(secret, 'utf8'), 'kept');
    assert.equal((await run(['cat', '/etc/passwd'])).stdout, 'overwritten\n');
    assert.ok(!existsSync('/usr/touched'));
  });

  test('keeps the containers apart', async (t) => {
    if (!isolated(t)) return;
    await sh('echo mine >/tmp/file');
    const other = { ...container, id: 'other', hostname: 'web-1' };
    assert.equal((await run(['sh', '-c', 'ls /tmp; hostname'], undefined, other)).stdout, 'web-1\n');
  });

  test('unpacks archives with owners that it may not set', async (t) => {
    if (!isolated(t)) return;
    const script =
      'cd /tmp && mkdir -p in out && echo x >in/f && tar cf - --owner=1234 --group=1234 in | tar xmf - -C out && cat out/in/f';
    assert.deepEqual(await sh(script), { code: 0, stdout: 'x\n', stderr: '' });
  });

  test('a dropped connection leaves the command running, until the container is removed', async (t) => {
    if (!isolated(t)) return;
    const brief = { ...container, id: 'brief' };
    const remote = await start(['sh', '-c', 'echo $$; exec sleep 7654321'], {}, brief);
    const ended = remote.exit;
    await new Promise((seen) => remote.stdout.once('data', seen));
    remote.disconnect();
    const count =
      'n=0; for f in /proc/[0-9]*/cmdline; do if grep -q 765432[1] "$f" 2>/dev/null; then n=1; fi; done; echo $n';
    assert.equal((await run(['sh', '-c', count], undefined, brief)).stdout, '1\n');
    await runtime.remove('brief');
    await eventually('the command is gone', async () => (await ended).code !== 0);
  });

  test('starts nothing once it is closed', async () => {
    const other = await openLocalRuntime();
    await other.close();
    const late = other.exec(container, { command: ['true'], stdin: false, tty: null });
    await assert.rejects(late, { code: 'KX_REMOTE', message: /being ended/ });
  });
});
