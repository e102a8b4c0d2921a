/** kx where there is nothing but the file itself: no home, no terminal, no locale, no network but the cluster. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { openPty } from '../support/pty.ts';
import { kxBinary, run, start, type Ended, type ProgramOptions } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;
const target = ['two', '-c', 'a'];

suite('on a clean machine', () => {
  let sandbox: SandboxProcess;
  let folder: string;
  before(async () => {
    sandbox = await startSandboxProcess();
    folder = temporaryFolder();
  });

  /** kx with no variables but these, not even PATH. */
  const kx = (
    words: readonly string[],
    env: Record<string, string> = {},
    options: ProgramOptions = {},
  ): Promise<Ended> => run('/usr/bin/env', ['-i', ...assignments(env), kxBinary(), ...words], { cwd: '/', ...options });

  const answers = async (env: Record<string, string>): Promise<void> => {
    const { code, stdout, stderr } = await kx(
      ['exec', '-i', ...target, '--', 'sh', '-c', 'cat; exit 3'],
      { KUBECONFIG: sandbox.kubeconfig, ...env },
      { stdin: 'grüße\n' },
    );
    assert.deepEqual([code, stdout.toString(), stderr], [3, 'grüße\n', 'command terminated with exit code 3\n']);
  };

  test('it works without any variable but KUBECONFIG', () => answers({}));

  const homes: [string, () => string][] = [
    ['is empty', () => mkdtempSync(join(folder, 'empty-'))],
    ['is not there', () => join(folder, 'none')],
    ['is a file', () => sandbox.kubeconfig],
    ['is an empty word', () => ''],
    ['cannot be written, not even by root', () => '/proc/self'],
  ];
  for (const [what, make] of homes) {
    test(`it works where HOME ${what}`, () => answers({ HOME: make() }));
  }

  test('it works where HOME and the temporary folder cannot be written, and leaves nothing behind', async () => {
    const home = mkdtempSync(join(folder, 'read-only-'));
    chmodSync(home, 0o555);
    await answers({ HOME: home, TMPDIR: '/proc/self' });
    assert.deepEqual(readdirSync(home), []);
  });

  test('a copy works where nothing can be noted of it', async () => {
    const env = { KUBECONFIG: sandbox.kubeconfig, HOME: '/proc/self' };
    const { code, stdout, stderr } = await kx(['cp', 'two:/etc/hostname', '-', '-c', 'a'], env);
    assert.deepEqual([code, stdout.length > 0, stderr], [0, true, '']);
  });

  test('it works in every locale: bytes are handed on as they are', async () => {
    for (const locale of ['C', 'POSIX', 'C.UTF-8', 'xx_XX.nonsense']) await answers({ LC_ALL: locale, LANG: locale });
  });

  test('files with names that are no text of the locale are copied', async () => {
    const home = mkdtempSync(join(folder, 'names-'));
    mkdirSync(join(home, 'down'));
    const env = { KUBECONFIG: sandbox.kubeconfig, LC_ALL: 'C' };
    const name = 'h\u00e4\u20ac';
    await kx(['exec', ...target, '--', 'sh', '-c', `echo x >/tmp/${name}`], env);
    const { code, stderr } = await kx(['cp', `two:/tmp/${name}`, join(home, 'down'), '-c', 'a'], env);
    assert.deepEqual([code, stderr, readdirSync(join(home, 'down'))], [0, '', [name]]);
  });

  for (const TERM of ['dumb', 'vt52', 'nonsense', '']) {
    test(`with TERM=${TERM} nothing is coloured where nobody looks, and everything works`, async () => {
      await answers({ TERM, COLORTERM: 'truecolor' });
      const { stderr } = await kx(['exec', 'pod'], { TERM });
      assert.doesNotMatch(stderr, /\x1b/);
    });
  }

  suite('on a terminal', () => {
    /** What is on the screen after kx has run in a terminal, with no variables but these. */
    const show = async (words: readonly string[], env: Record<string, string>): Promise<string> => {
      const all = assignments({ KUBECONFIG: sandbox.kubeconfig, ...env });
      // What the test itself is started with is not to be seen either.
      const pty = await openPty(['/usr/bin/env', '-i', ...all, kxBinary(), ...words]);
      const { code } = await pty.ended;
      assert.equal(code, words[0] === 'nosuch' ? 125 : 0, pty.screen());
      return pty.screen();
    };
    const copy = ['cp', 'two:/etc/hostname', '/dev/null', '-c', 'a'];
    const fanout = ['fanout', 'one', '--', 'sh', '-c', 'sleep 0.3; echo out'];
    const wrong = ['nosuch'];

    test('that is as usual a line goes on, and errors are in colour', async () => {
      const env = { TERM: 'xterm', LC_ALL: 'C.UTF-8' };
      for (const words of [copy, fanout]) assert.match(await show(words, env), /\x1b\[36m[^]*\x1b\[K/, words[0]);
      assert.match(await show(wrong, env), /\x1b\[31m/);
    });

    test('with TERM=dumb nothing moves the cursor or has a colour', async () => {
      for (const words of [copy, fanout, wrong, ['doctor']]) {
        assert.doesNotMatch(await show(words, { TERM: 'dumb' }), /\x1b|\r(?!\r*\n)/, words[0]);
      }
      assert.match(await show(copy, { TERM: 'dumb' }), /1 file/);
    });

    test('without TERM nothing moves the cursor', async () => {
      for (const words of [copy, fanout]) {
        assert.doesNotMatch(await show(words, {}), /\x1b\[[^m]*[A-Za-ln-z]|\r(?!\r*\n)/, words[0]);
      }
    });

    test('with NO_COLOR nothing has a colour', async () => {
      for (const words of [copy, fanout, wrong, ['doctor']]) {
        const screen = await show(words, { TERM: 'xterm', NO_COLOR: '1' });
        assert.doesNotMatch(screen, /\x1b\[[\d;]*m/, words[0]);
      }
    });

    test('with a locale of ASCII nothing else is drawn', async () => {
      for (const words of [copy, fanout, ['doctor']]) {
        assert.doesNotMatch(await show(words, { TERM: 'xterm', LC_ALL: 'C' }), /[^\x00-\x7f]/, words[0]);
      }
    });
  });

  test('without a kubeconfig it says that, in one line, with what to do', async () => {
    const { code, stdout, stderr } = await kx(['exec', 'web', '--', 'date'], {
      HOME: mkdtempSync(join(folder, 'none-')),
    });
    assert.deepEqual([code, stdout.toString()], [125, '']);
    assert.match(stderr, /^error: .* \[KX_(CONFIG|UNREACHABLE)\]\nhint: .*\n$/);
  });

  test('without a terminal -t says so and the command runs', async () => {
    const { code, stdout, stderr } = await kx(['exec', '-it', ...target, '--', 'echo', 'ran'], {
      KUBECONFIG: sandbox.kubeconfig,
    });
    assert.deepEqual([code, stdout.toString()], [0, 'ran\n']);
    assert.match(stderr, /Unable to use a TTY/);
  });

  suite('what is sent', { skip: canTrace ? false : 'strace is not there, or may not trace' }, () => {
    const trace = (file: string, words: readonly string[]) => [
      ...['-f', '-qq', '-s', '256', '-e', 'trace=execve,connect,sendto,sendmsg,sendmmsg,bind', '-o', file],
      ...['/usr/bin/env', '-i', `KUBECONFIG=${sandbox.kubeconfig}`, 'PATH=/usr/bin:/bin', kxBinary(), ...words],
    ];
    const server = () => new URL(/server: (\S+)/.exec(readFileSync(sandbox.kubeconfig, 'utf8'))![1]!);

    /** Where a traced kx connected to, without the sockets of this machine's own name service. */
    const peers = (file: string): Set<string> =>
      new Set(
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => /\b(connect|sendto|sendmsg|sendmmsg)\(\d+, .*sa_family=AF_INET/.test(line))
          .map((line) => /sin6?_port=htons\((\d+)\).*"([^"]+)"\)/.exec(line)?.slice(1).reverse().join(':') ?? line),
      );
    const programs = (file: string) => readFileSync(file, 'utf8').match(/execve\("[^"]*"/g);

    for (const words of [
      ['exec', ...target, '--', 'true'],
      ['cp', 'two:/etc/hostname', '-', '-c', 'a'],
      ['logs', 'two', '-c', 'a'],
      ['fanout-exec', '-l', 'app=web', '--', 'true'],
      ['version', '--remote'],
    ]) {
      test(`kx ${words[0]} connects to the cluster and to nothing else, and starts no program`, async () => {
        const file = join(folder, `trace-${words[0] ?? ''}`);
        await run('strace', trace(file, words), { cwd: '/' });
        assert.deepEqual([...peers(file)], [server().host]);
        assert.equal(programs(file)?.length, 2, 'env and kx');
      });
    }

    for (const words of [['--version'], ['version', '-o', 'json'], ['exec', '--help'], []]) {
      test(`"kx ${words.join(' ')}" connects to nothing`, async () => {
        const file = join(folder, 'trace-local');
        await run('strace', trace(file, words), { cwd: '/' });
        assert.deepEqual([...peers(file)], []);
      });
    }

    test('even a crash of its runtime is reported to nobody', async () => {
      const file = join(folder, 'trace-crash');
      const traced = start('strace', trace(file, ['exec', ...target, '--', 'sh', '-c', 'echo up; sleep 60']), {
        cwd: '/',
      });
      await traced.sees(/up/);
      const [, pid = ''] = /^(\d+) +execve/.exec(readFileSync(file, 'utf8')) ?? [];
      process.kill(Number(pid), 'SIGSEGV');
      await traced.ended;
      await eventually('the crash is traced', () => /killed by SIGSEGV/.test(readFileSync(file, 'utf8')));
      assert.deepEqual([...peers(file)], [server().host]);
      assert.equal(programs(file)?.length, 2);
    });
  });
});

function assignments(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
