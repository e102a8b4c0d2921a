/** Programs for other processors than that of this machine, run by qemu. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { run, type ProgramOptions } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import { platformOf, setUp, unpackProgram, version } from './support.ts';
import { temporaryFolder } from '../support/ending.ts';

suite('linux/arm64, run by qemu', () => {
  let program: string;
  let sandbox: SandboxProcess;
  before(async () => {
    setUp();
    program = await unpackProgram(platformOf('linux', 'arm64'));
    sandbox = await startSandboxProcess();
  });

  const kx = (words: readonly string[], options: ProgramOptions = {}) =>
    run('qemu-aarch64', ['-L', '/usr/aarch64-linux-gnu', program, ...words], {
      env: sandbox.env,
      timeout: 120_000,
      ...options,
    });

  test('it says its version and its platform', async () => {
    assert.equal((await kx(['--version'])).stdout.toString(), `kubectl-kx ${version} (linux/arm64)\n`);
  });

  test('a command in a container has its input, its outputs and its exit code', async () => {
    const { code, stdout, stderr } = await kx(
      ['exec', '-i', 'two', '-c', 'a', '--', 'sh', '-c', 'cat; echo e >&2; exit 7'],
      {
        stdin: 'in\n',
      },
    );
    assert.deepEqual([code, stdout.toString()], [7, 'in\n']);
    assert.equal(stderr, 'e\ncommand terminated with exit code 7\n');
  });

  test('a file goes up and comes down the same', async () => {
    const folder = temporaryFolder();
    const bytes = randomBytes(1 << 20);
    writeFileSync(join(folder, 'up'), bytes);
    assert.equal((await kx(['cp', join(folder, 'up'), 'two:/tmp/up', '-c', 'a'])).code, 0);
    assert.equal((await kx(['cp', 'two:/tmp/up', join(folder, 'down'), '-c', 'a'])).code, 0);
    assert.ok(readFileSync(join(folder, 'down')).equals(bytes));
  });
});

test('linux/amd64 runs on a processor of 2008, which has no AVX', async () => {
  setUp();
  const program = await unpackProgram(platformOf('linux', 'amd64'));
  const words = ['-cpu', 'Nehalem', program, 'exec', '--help'];
  const { code, stdout } = await run('qemu-x86_64', words, { timeout: 120_000 });
  assert.equal(code, 0);
  assert.match(stdout.toString(), /^Run a command in a container\./);
});
