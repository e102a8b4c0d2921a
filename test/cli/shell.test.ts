import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { platformName } from '../../src/cli/version.ts';
import { kxBinary, run, runKx } from '../support/program.ts';

const version = (
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version;

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kx-shell-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A local shell in which $KX is the program. */
const shell = (script: string) => run('sh', ['-c', script], { env: { KX: kxBinary(), KUBECONFIG: '/nonexistent' } });

suite('kx as a program', () => {
  for (const words of [['--version'], ['version']]) {
    test(`kx ${words.join(' ')} prints one line`, async () => {
      const { code, stdout, stderr } = await runKx(words);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(stdout.toString(), `kubectl-kx ${version} (${platformName()})\n`);
    });
  }

  for (const words of [[], ['--help'], ['-h'], ['help']]) {
    test(`"kx ${words.join(' ')}" lists the commands`, async () => {
      const { code, stdout, stderr } = await runKx(words);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout.toString(), /^Examples:\n {2}# .*\n {2}kubectl kx exec -it .*\n/m);
      assert.match(stdout.toString(), /^In containers:\n(?: {2}.*\n)* {2}exec {2,}Run a command in a container\.$/m);
      assert.match(stdout.toString(), /^On this machine:\n(?: {2}.*\n)* {2}sandbox {2,}.*\n(?: {2}.*\n)*\n/m);
      assert.match(stdout.toString(), /^ {2}kubectl kx COMMAND \[flags\]$/m);
    });
  }

  const askings = ['exec --help', 'exec -h', 'exec pod -ith', 'help exec', '-n x exec --help', 'exec --help pod -- sh'];
  for (const words of askings) {
    test(`"kx ${words}" prints the help of exec`, async () => {
      const { code, stdout, stderr } = await runKx(words.split(' '));
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout.toString(), /^Run a command in a container\.\n\nExamples:\n/);
      assert.match(
        stdout.toString(),
        /\nUsage:\n {2}kubectl kx exec \(POD \| TYPE\/NAME\) \[flags\] -- COMMAND \[args\.\.\.\]\n$/,
      );
    });
  }

  const mistakes: [string, string][] = [
    ['exce pod -- date', 'error: unknown command "exce" for "kubectl kx" [KX_USAGE]\nhint: did you mean exec?\n'],
    ['exec --contaner=x pod -- date', 'error: unknown flag: --contaner [KX_USAGE]\nhint: did you mean --container?\n'],
    ['exec -c', "error: flag needs an argument: 'c' in -c [KX_USAGE]\n"],
    [
      'exec pod date',
      'error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead [KX_USAGE]\n',
    ],
    ['exec -- date', 'error: pod, type/name or --filename must be specified [KX_USAGE]\n'],
    [
      'exec pod',
      'error: you must specify at least one command for the container [KX_USAGE]\n' +
        'hint: the command goes behind `--`: kubectl kx exec POD -- COMMAND\n',
    ],
    ['exec a b -- date', 'error: one POD or TYPE/NAME at a time: there are a, b [KX_USAGE]\n'],
    ['exec --timeout 0 pod -- date', 'error: --timeout must be higher than zero [KX_USAGE]\n'],
    [
      'exec --pod-running-timeout 5 pod -- date',
      'error: invalid argument "5" for "--pod-running-timeout" flag: time: missing unit in duration "5" [KX_USAGE]\n',
    ],
    [
      'exec --env=X pod -- date',
      'error: invalid argument "X" for "--env" flag: not of the form NAME=VALUE [KX_USAGE]\n',
    ],
    ['exec -v x pod -- date', 'error: invalid argument "x" for "-v, --v" flag: not a number [KX_USAGE]\n'],
  ];
  for (const [words, text] of mistakes) {
    test(`"kx ${words}" is refused in one line, with 125 and nothing on stdout`, async () => {
      const { code, stdout, stderr } = await runKx(words.split(' '));
      assert.deepEqual([code, stdout.toString(), stderr], [125, '', text]);
    });
  }

  test('every command has help with its examples first and its usage last, in the words of kubectl', async () => {
    const { stdout } = await runKx([]);
    const names = [...stdout.toString().matchAll(/^ {2}([a-z][a-z-]*) {2,}[A-Z]/gm)].map(([, name = '']) => name);
    assert.ok(names.length >= 6, names.join(' '));
    for (const name of names) {
      const help = (await runKx([name, '--help'])).stdout.toString();
      const [examples, flags] = [/\nExamples:\n {2}# .*\n {2}.*kubectl kx /, /:\n +-/].map((each) => help.search(each));
      assert.match(help, /^[A-Z].*\.\n\n/, name);
      assert.ok(examples! > 0 && examples! < flags!, help);
      assert.match(help, new RegExp(`\nUsage:\n {2}kubectl kx ${name}\\b.*\n$`), name);
    }
  });

  test('linked by another name, it speaks of itself by that name, and works', async (t) => {
    const link = join(await makeFolder(t), 'kubectl-exec_kx');
    await symlink(kxBinary(), link);
    const help = await run(link, ['exec', '--help']);
    assert.match(help.stdout.toString(), /\nUsage:\n {2}kubectl exec-kx exec /);
    assert.doesNotMatch(help.stdout.toString(), /kubectl kx/);
    const mistake = await run(link, ['exec', 'pod']);
    assert.match(mistake.stderr, /^hint: the command goes behind `--`: kubectl exec-kx exec POD -- COMMAND$/m);
    assert.match((await run(link, ['--version'])).stdout.toString(), /^kubectl-kx /);
  });

  test('help into a pipe that nobody reads ends quietly', async () => {
    const { stderr } = await shell('{ "$KX" exec --help; echo "code $?" >&2; } | true');
    assert.equal(stderr, 'code 0\n');
  });

  test('stdin stays untouched without -i, so that a loop around kx reads all its lines', async () => {
    const { stdout } = await shell(
      'seq 3 | while read -r line; do echo "$line"; "$KX" exec pod -- date 2>&1 | head -c 5; echo; done',
    );
    assert.equal(stdout.toString(), '1\nerror\n2\nerror\n3\nerror\n');
  });

  test('a pipe stays blocking for whoever writes to it after kx', async () => {
    const { stdout } = await shell(
      `{ "$KX" exec pod -- date 2>/dev/null; sed -n 's/^flags:\\s*//p' /proc/self/fdinfo/1; } | cat`,
    );
    assert.equal(parseInt(stdout.toString(), 8) & 0o4000, 0);
  });

  test('nothing of the folder it is started in has an effect', async (t) => {
    const folder = await makeFolder(t);
    await writeFile(join(folder, '.env'), 'KUBECONFIG=/from/dot/env\n');
    await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./preload.js"]\n');
    await writeFile(join(folder, 'preload.js'), 'console.log("preloaded")\n');
    await writeFile(join(folder, 'package.json'), '{"name":"other","oclif":{"bin":"other","commands":"./none"}}\n');
    await writeFile(join(folder, 'oclif.manifest.json'), '{"commands":{}}\n');
    const { code, stdout, stderr } = await runKx(['exec', 'pod', '--', 'date'], {
      cwd: folder,
      env: { KUBECONFIG: '/nonexistent/kubeconfig', HOME: folder },
    });
    assert.deepEqual([code, stdout.toString()], [125, '']);
    assert.match(stderr, /^error: .*\[KX_CONFIG\]/);
    assert.doesNotMatch(stderr, /dot\/env|preload/);
  });

  test('variables that steer oclif have no effect', async () => {
    const env = {
      KX_CONTENT_TYPE: 'json',
      'KUBECTL KX_CONTENT_TYPE': 'json',
      KUBECTL_KX_CONTENT_TYPE: 'json',
      DEBUG: '*',
    };
    const plain = await runKx(['exec', '--foo']);
    const steered = await runKx(['exec', '--foo'], { env });
    assert.deepEqual([steered.code, steered.stderr], [plain.code, plain.stderr]);
  });
});
