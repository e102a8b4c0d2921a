import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { kxBinary, run, runKx, startKx, type ProgramOptions } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

suite('kx exec: streams, codes and what goes along with a command', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
  });
  const kx = (args: readonly string[], options: ProgramOptions = {}) => runKx(args, { env: sandbox.env, ...options });
  const exec = (...args: string[]) => kx(['exec', ...args]);
  /** A local shell in which $KX is the program. */
  const shell = (script: string) => run('sh', ['-c', script], { env: { ...sandbox.env, KX: kxBinary() } });

  for (const code of [0, 1, 37, 255]) {
    test(`the exit code ${code} of the command is the exit code of kx`, async () => {
      const ended = await exec('one', '--', 'sh', '-c', `echo out; echo err >&2; exit ${code}`);
      assert.equal(ended.code, code);
      assert.equal(ended.stdout.toString(), 'out\n');
      assert.match(
        ended.stderr,
        code === 0 ? /^err\n$/ : new RegExp(`^err\ncommand terminated with exit code ${code}\n$`),
      );
    });
  }

  test('a command that does not exist ends with 127, a file that is no program with 126', async () => {
    const missing = await exec('one', '--', 'kx-no-such-program');
    assert.deepEqual([missing.code, missing.stdout.length], [127, 0]);
    assert.match(missing.stderr, /^error: .*kx-no-such-program.* \[KX_COMMAND_NOT_FOUND\]\n/);
    const directory = await exec('one', '--', '/etc');
    assert.deepEqual([directory.code, directory.stdout.length], [126, 0]);
    assert.match(directory.stderr, /^error: .* \[KX_COMMAND_NOT_EXECUTABLE\]\n/);
  });

  test('a command that does not exist ends with 127 when it has input too', async () => {
    const ended = await kx(['exec', '-i', 'one', '--', 'kx-no-such-program'], { stdin: 'input' });
    assert.deepEqual([ended.code, ended.stdout.length], [127, 0]);
    assert.match(ended.stderr, /^error: .*kx-no-such-program.* \[KX_COMMAND_NOT_FOUND\]\n/);
  });

  test('stdout is what the command wrote, byte for byte', async () => {
    const all = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7) % 256));
    const { code, stdout, stderr } = await kx(['exec', '-i', 'one', '--', 'cat'], { stdin: all });
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.equals(all));
  });

  test('eight random MiB go in and come out, and kx ends by itself', async () => {
    const bytes = randomBytes(8 << 20);
    const { code, stdout } = await kx(['exec', '-i', 'one', '--', 'cat'], { stdin: bytes });
    assert.equal(code, 0);
    assert.ok(stdout.equals(bytes));
  });

  test('flags may be bundled, before and after the pod, and the words of the command are left alone', async () => {
    const words = ['-c', 'b', '-i', '--', 'x', 'x', '--help'];
    const { code, stdout } = await exec('-q', 'two', '-ic', 'a', '--', 'sh', '-c', 'echo "$@"', 'show', ...words);
    assert.deepEqual([code, stdout.toString()], [0, `${words.join(' ')}\n`]);
  });

  test('a tar of a directory, piped in, is there afterwards', async () => {
    const tree = join(sandbox.folder, 'tree');
    mkdirSync(join(tree, 'sub'), { recursive: true });
    writeFileSync(join(tree, 'sub/file'), 'content\n');
    const packed = await shell(
      `tar c -C '${tree}' . | "$KX" exec -i one -- sh -c 'mkdir -p /tmp/t && tar x -C /tmp/t'`,
    );
    assert.deepEqual([packed.code, packed.stderr], [0, '']);
    assert.equal((await exec('one', '--', 'cat', '/tmp/t/sub/file')).stdout.toString(), 'content\n');
  });

  test('an upload into a file is whole', async () => {
    const bytes = randomBytes(4 << 20);
    const up = await kx(['exec', '-i', 'one', '--', 'sh', '-c', 'cat > /tmp/up'], { stdin: bytes });
    assert.deepEqual([up.code, up.stderr], [0, '']);
    assert.ok((await exec('one', '--', 'cat', '/tmp/up')).stdout.equals(bytes));
  });

  test('nothing that a command does reaches the files of this machine', async () => {
    const name = `/tmp/kx-escape-${process.pid}`;
    assert.equal((await exec('one', '--', 'sh', '-c', `echo x > ${name}`)).code, 0);
    assert.throws(() => statSync(name), { code: 'ENOENT' });
  });

  test('a reader that leaves ends kx at once and quietly', async () => {
    const { stdout, stderr, code } = await shell('"$KX" exec one -- yes | head -c 10');
    assert.deepEqual([stdout.toString(), stderr, code], ['y\ny\ny\ny\ny\n', '', 0]);
  });

  test('what kx says of the ending comes behind the output, also for a slow reader', async () => {
    const script = 'head -c 1000000 /dev/zero | tr "\\000" x; exit 3';
    const { stdout } = await shell(`"$KX" exec one -- sh -c '${script}' 2>&1 | { sleep 1; cat; }`);
    assert.equal(stdout.length, 1_000_000 + 'command terminated with exit code 3\n'.length);
    assert.match(stdout.toString().slice(-60), /^x+command terminated with exit code 3\n$/);
  });

  test('without -i the stdin of a loop around kx is left alone', async () => {
    const { stdout, code } = await shell(
      'printf "a\\nb\\nc\\n" | while read -r x; do "$KX" exec one -- echo "got $x"; done',
    );
    assert.deepEqual([stdout.toString(), code], ['got a\ngot b\ngot c\n', 0]);
  });

  test('a command that ends lets kx end while its own stdin is still open', async () => {
    const running = startKx(['exec', '-i', 'one', '--', 'sh', '-c', 'echo up; exit 3'], {
      stdin: null,
      env: sandbox.env,
    });
    const { code, stdout } = await running.ended;
    assert.deepEqual([code, stdout.toString()], [3, 'up\n']);
  });

  test('--env and --workdir are there for the command, and nothing else is', async () => {
    const script = 'pwd; printf "%s|" "$ONE" "$TWO" "$#"; env | grep -ci kx';
    const { stdout, stderr } = await exec(
      ...['--env', 'ONE=a b', '--env', 'TWO=\'="', '--workdir', '/usr', 'one', '--', 'sh', '-c', script],
    );
    assert.deepEqual([stdout.toString(), stderr.replace(/command terminated.*\n/, '')], ['/usr\na b|\'="|0|0\n', '']);
  });

  test('a --workdir that is missing is an error, and nothing ran', async () => {
    const { code, stdout, stderr } = await exec('--workdir', '/no/such/dir', 'one', '--', 'echo', 'ran');
    assert.deepEqual([code, stdout.length], [126, 0]);
    assert.match(stderr, /^error: .*\/no\/such\/dir.*\n/);
  });

  test('--dry-run says what would be run where, and runs nothing', async () => {
    const plan = await exec('--dry-run', 'one', '--', 'touch', '/tmp/dry run');
    assert.equal(plan.code, 0);
    assert.match(plan.stdout.toString(), /default\/one/);
    assert.match(plan.stdout.toString(), /apiserver https:\/\/127\.0\.0\.1:/);
    assert.match(plan.stdout.toString(), /touch '\/tmp\/dry run'/);
    assert.notEqual((await exec('one', '--', 'test', '-e', '/tmp/dry run')).code, 0);
  });

  test('--record writes an asciicast of the output that only its owner can read', async () => {
    const file = join(sandbox.folder, 'session.cast');
    const { code, stdout } = await exec('--record', file, 'one', '--', 'sh', '-c', 'echo grüße; echo err >&2; exit 4');
    assert.deepEqual([code, stdout.toString()], [4, 'grüße\n']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const [head, ...events] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    assert.deepEqual(
      Object.keys(head as object).filter((key) => ['version', 'width', 'height'].includes(key)).length,
      3,
    );
    assert.equal((head as { version: number }).version, 2);
    const texts = (events as [number, string, string][]).filter(([, kind]) => kind === 'o').map(([, , text]) => text);
    assert.match(texts.join(''), /grüße\r?\n/);
    assert.match(texts.join(''), /err\r?\n/);
    const times = (events as [number][]).map(([time]) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  test('-t without a terminal says so and runs without one', async () => {
    const { code, stdout, stderr } = await exec('-it', 'one', '--', 'sh', '-c', 'test -t 1 || echo none');
    assert.deepEqual([code, stdout.toString()], [0, 'none\n']);
    assert.match(stderr, /^Unable to use a TTY - input is not a terminal or the right kind of file\n$/);
  });

  test('-v explains how the end of the command is known', async () => {
    const { code, stdout, stderr } = await exec('-v=1', 'one', '--', 'true');
    assert.deepEqual([code, stdout.length], [0, 0]);
    assert.match(stderr, /Status/);
  });
});
