import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Ended } from '../support/program.ts';
import { inPod, kxExec, ownNamespace, podManifest, runKubectl } from './support.ts';

const env = `    env:
    - {name: PLAIN, value: "a b"}
    - {name: LINES, value: "one\\nPWD=/two\\n"}
    - {name: EMPTY, value: ""}
    - {name: QUOTES, value: "'\\"$HOME \`id\` *"}
`;
const namespace = await ownNamespace(
  'unseen',
  podManifest('ash', 'kx-busybox', { spec: env }),
  podManifest('dash', 'kx-debian', { spec: env }),
  podManifest('bash', 'kx-debian', { spec: env }),
  podManifest('bash-with-pwd', 'kx-debian', {
    spec: `    env: [{name: PWD, value: /nowhere}, {name: OLDPWD, value: /before}, {name: SHLVL, value: "7"}]\n`,
  }),
);
for (const pod of ['bash', 'bash-with-pwd']) {
  await inPod(`${pod} -n ${namespace}`, 'mkdir -p /usr/local/sbin && ln -s /bin/bash /usr/local/sbin/sh');
}

/** The ending and the outputs; what ends with `sorted` in any order, as that of an environment means nothing. */
function shown({ code, stdout, stderr }: Ended, sorted?: string): unknown {
  const text = stdout.toString('latin1');
  return [code, sorted === undefined ? text : text.split(sorted).sort(), stderr];
}

/** What a command must not tell apart: kubectl, kx, and kx with a shell around the command. */
async function assertSame(pod: string, command: readonly string[], sorted?: string): Promise<void> {
  const where = [pod, '-n', namespace];
  const reference = await runKubectl(['exec', ...where, '--', ...command]);
  const ways = {
    bare: [],
    'with stdin': ['-i'],
    'with --timeout': ['--timeout', '1m'],
    'with --no-wrap': ['--no-wrap', '-i'],
  };
  for (const [way, flags] of Object.entries(ways)) {
    const ended = await kxExec([...flags, ...where, '--', ...command]);
    assert.deepEqual(shown(ended, sorted), shown(reference, sorted), `${way}: ${command.join(' ')}`);
  }
}

for (const pod of ['ash', 'dash', 'bash', 'bash-with-pwd']) {
  suite(`nothing of kx shows to a command in ${pod}`, { concurrency: 2 }, () => {
    test('in its environment', () => assertSame(pod, ['cat', '/proc/self/environ'], '\0'));
    test('in the variables of a shell', () => assertSame(pod, ['sh', '-c', 'unset RANDOM; env; pwd'], '\n'));
    test('in its arguments', () =>
      assertSame(pod, ['cat', '/proc/self/cmdline', '', 'a b', "'", '$X', '*', '-n', '--', 'ü', 'x\ny']));
    test('in its directory, umask and limits', () => assertSame(pod, ['sh', '-c', 'pwd; umask; ulimit -a']));
    test('in its open files and signals', () =>
      assertSame(pod, [
        'sh',
        '-c',
        'ls /proc/self/fd; grep -E "Sig(Ign|Blk)|Cap|Uid|Gid|Groups|NoNew" /proc/self/status',
      ]));
    test('in its outputs and exit code', () =>
      assertSame(pod, ['sh', '-c', 'printf "\\000\\377\\r\\n"; printf "kx-\\n e\\001" >&2; exit 42']));
    test('when a signal ends it', () => assertSame(pod, ['sh', '-c', 'echo x; kill -9 $$']));
    test('when it is a builtin of the shell too', () => assertSame(pod, ['echo', '-n', '\\n']));
  });
}

suite('--env and --workdir', () => {
  for (const pod of ['ash', 'dash', 'bash']) {
    test(`set what they say and nothing else in ${pod}`, async () => {
      const where = [pod, '-n', namespace];
      const values = { A: '', KX: 'it\'s "$HOME" `id` \\ *', LINES: 'x\ny=z', PLAIN: 'new' };
      const flags = Object.entries(values).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      const before = (await runKubectl(['exec', ...where, '--', 'cat', '/proc/self/environ'])).stdout.toString();
      const ended = await kxExec([...flags, '--workdir', '/tmp', ...where, '--', 'cat', '/proc/self/environ']);
      assert.deepEqual([ended.code, ended.stderr], [0, '']);
      const read = (text: string): Record<string, string> =>
        Object.fromEntries(
          text
            .split('\0')
            .filter(Boolean)
            .map((entry) => entry.split(/=(.*)/s) as [string, string]),
        );
      assert.deepEqual(read(ended.stdout.toString()), { ...read(before), ...values });
      const cwd = await kxExec(['--workdir', '/usr', ...where, '--', 'readlink', '/proc/self/cwd']);
      assert.equal(cwd.stdout.toString(), '/usr\n');
    });

    test(`refuse a directory that is not there before anything runs in ${pod}`, async () => {
      const ended = await kxExec(['--workdir', '/no such', pod, '-n', namespace, '--', 'sh', '-c', 'echo ran']);
      assert.deepEqual([ended.code, ended.stdout.toString()], [126, '']);
      assert.match(ended.stderr, /^error: cannot change to the directory \/no such in the container \[KX_\w+\]\n$/);
    });
  }

  test('a name that no shell can set is refused, and nothing runs', async () => {
    for (const name of ['B.c-d', 'ü', '1A', 'A B']) {
      const ended = await kxExec(['--env', `${name}=x`, 'one', '--', 'env']);
      assert.deepEqual([ended.code, ended.stdout.toString()], [125, '']);
      assert.match(ended.stderr, /^error: invalid argument ".*" for "--env" flag: .* \[KX_USAGE\]\nhint: .*\n$/);
    }
  });

  test('are refused where the container has no shell, and nothing runs', async () => {
    for (const flags of [
      ['--env', 'A=b'],
      ['--workdir', '/'],
      ['--timeout', '9s'],
    ]) {
      const ended = await kxExec([...flags, 'distroless', '--', '/app', 'env']);
      assert.deepEqual([ended.code, ended.stdout.toString()], [125, '']);
      assert.match(
        ended.stderr,
        /^error: .* cannot be had in .*distroless.*: the container has no sh \[KX_SHELL_MISSING\]\nhint: /,
      );
    }
  });
});

suite('a command that cannot be started', () => {
  for (const [command, code] of [
    ['/no/such', 127],
    ['no-such', 127],
    ['/etc/passwd', 126],
    ['/tmp', 126],
  ] as const) {
    test(`${command} gives ${code}, wrapped or not`, async () => {
      for (const flags of [[], ['-i'], ['--timeout', '1m']]) {
        const ended = await kxExec([...flags, 'ash', '-n', namespace, '--', command]);
        assert.deepEqual([ended.code, ended.stdout.toString()], [code, ''], ended.stderr);
        assert.match(ended.stderr, /^error: .* \[KX_COMMAND_NOT_(FOUND|EXECUTABLE)\]\n$/);
      }
    });
  }
});
