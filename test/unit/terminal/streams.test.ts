import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import { run, start } from '../../support/program.ts';

const program = resolve(import.meta.dirname, 'support/streams.ts');
const bun = resolve(import.meta.dirname, '../../../node_modules/.bin/bun');
const folder = await mkdtemp(join(tmpdir(), 'kx-streams-'));
after(() => rm(folder, { recursive: true, force: true }));

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytes = Buffer.alloc(8 << 20, 'kx streams\n');
const file = join(folder, 'input');
await writeFile(file, bytes);

for (const [name, runtime] of [
  ['bun', bun],
  ['node', process.execPath],
] as const) {
  const command = (task: string, ...rest: string[]) => [program, task, ...rest];
  const shell = (script: string) => run('sh', ['-c', script.replaceAll('PROGRAM', `${runtime} ${program}`)]);

  suite(`under ${name}`, () => {
    test('a slow reader of a pipe gets every byte, also after the program has decided to end', async () => {
      const running = start(runtime, command('write', String(4 << 20)));
      running.child.stdout.pause();
      await new Promise((later) => setTimeout(later, 200));
      running.child.stdout.resume();
      const { code, stdout } = await running.ended;
      assert.equal(code, 0);
      assert.equal(stdout.length, 4 << 20);
    });

    test('a reader that sleeps does not stop the event loop', async () => {
      const running = start(runtime, command('ticks'));
      running.child.stdout.pause();
      await running.sees(/still alive/);
      running.child.stdout.resume();
      assert.equal((await running.ended).stdout.length, 1 << 20);
    });

    test('a pipe and a file as stdin are copied whole', async () => {
      const piped = await run(runtime, command('copy'), { stdin: bytes });
      assert.equal(hash(piped.stdout), hash(bytes));
      const read = await shell(`PROGRAM copy < ${file}`);
      assert.equal(hash(read.stdout), hash(bytes));
    });

    test('the end of a pipe is noticed whenever it comes, many times at once', async () => {
      const input = bytes.subarray(0, 3 << 20);
      const ended = await Promise.all(
        Array.from({ length: 16 }, () => run(runtime, command('keep'), { stdin: input })),
      );
      for (const { stdout } of ended) assert.equal(stdout.toString(), `${input.length}\n`);
    });

    test('a file as stdout gets every byte', async () => {
      const target = await open(join(folder, `output-${name}`), 'w');
      const child = spawn(runtime, command('copy'), { stdio: ['pipe', target.fd, 'inherit'] });
      child.stdin?.end(bytes);
      await once(child, 'close');
      await target.close();
      assert.equal(hash(await readFile(join(folder, `output-${name}`))), hash(bytes));
    });

    test('an empty, a missing and a closed stdin end at once', async () => {
      for (const redirect of ['< /dev/null', '< /dev/null 2> /dev/null', '<&-']) {
        const { code, stdout } = await shell(`PROGRAM copy ${redirect}`);
        assert.deepEqual([code, stdout.length], [0, 0], redirect);
      }
    });

    test('a reader that goes away is EPIPE, and nothing is printed', async () => {
      const { stdout, stderr } = await shell('{ PROGRAM until-broken; echo "code $?" >&2; } | head -c 10 | wc -c');
      assert.equal(stdout.toString().trim(), '10');
      assert.equal(stderr, 'code 7\n');
    });

    test('what was not read of a pipe is there for the next program', async () => {
      const script = `{ echo first; sleep 2; echo second; } | { PROGRAM take; cat; }`;
      assert.equal((await shell(script)).stdout.toString(), 'first\nsecond\n');
    });

    test('a pipe stays blocking for whoever writes to it next', async () => {
      const flags = `sed -n 's/^flags:.*\\(.\\)...$/\\1/p' /proc/self/fdinfo/1`;
      const { stdout } = await shell(`{ PROGRAM replaced; ${flags}; } | cat`);
      // The fourth octal digit from the right has O_NONBLOCK (04000).
      const [said, digit] = stdout.toString().trim().split('\n');
      assert.equal(said, 'through process.stdout');
      assert.equal(Number(digit) & 4, 0);
    });
  });
}
