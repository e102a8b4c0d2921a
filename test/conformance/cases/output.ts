import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { collect } from '../../../src/lib/process/index.ts';
import { runAt, runScript, sha256, startAt } from '../drive.ts';
import type { Case } from '../suite.ts';

/** All numbers up to a limit, one per line: about 7 bytes each, so a piece missing or swapped shows. */
const numbers = (limit: number) => Array.from({ length: limit }, (_, i) => `${i + 1}\n`).join('');

async function drain(stream: Readable): Promise<void> {
  if (stream.readableEnded) return;
  stream.resume();
  await once(stream, 'end');
}

/** The bytes that the shell script of a case makes: eight MiB that repeat nothing within a line. */
const large = { script: 'i=0; while [ $i -lt 8 ]; do head -c 1048576 /dev/zero | tr "\\000" "$i"; i=$((i+1)); done' };
const largeHash = (() => {
  const hash = createHash('sha256');
  for (let i = 0; i < 8; i++) hash.update(Buffer.alloc(1 << 20, String(i)));
  return hash.digest('hex');
})();

/** Outputs arrive whole, in order and apart, whatever the reader does. */
export const outputCases: readonly Case[] = [
  {
    name: 'stdout and stderr are apart and complete',
    async run({ shell }) {
      const { stdout, stderr, status } = await runScript(
        shell,
        'echo one; echo two >&2; echo three; echo four >&2; exit 3',
      );
      assert.equal(stdout.toString(), 'one\nthree\n');
      assert.equal(stderr.toString(), 'two\nfour\n');
      assert.equal(status.code, 3);
    },
  },
  {
    name: 'the order within a stream is kept',
    async run({ shell }) {
      const { stdout } = await runScript(shell, 'seq 1 30000');
      assert.equal(sha256(stdout), sha256(Buffer.from(numbers(30_000))));
    },
  },
  {
    name: 'a command without output has empty outputs',
    async run({ shell }) {
      const { stdout, stderr, status } = await runAt(shell, ['true']);
      assert.deepEqual([stdout.length, stderr.length, status.code], [0, 0, 0]);
    },
  },
  {
    name: 'all 256 byte values come back as they are',
    async run({ shell }) {
      const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      const { stdout } = await runScript(shell, 'head -c 256', all);
      assert.deepEqual(stdout, all);
    },
  },
  {
    name: 'one MiB on both outputs side by side is whole',
    async run({ shell }) {
      const half = (to: string) => `(i=0; while [ $i -lt 16 ]; do head -c 65536 /dev/zero ${to}; i=$((i+1)); done) `;
      const { stdout, stderr, status } = await runScript(shell, `${half('')} & ${half('>&2')}; wait; exit 4`);
      assert.deepEqual([stdout.length, stderr.length, status.code], [1 << 20, 1 << 20, 4]);
    },
  },
  {
    name: 'a command that closes stdout early goes on with stderr',
    async run({ shell }) {
      const { stdout, stderr, status } = await runScript(shell, 'echo a; exec 1>&-; sleep 0.3; echo b >&2; exit 6');
      assert.deepEqual([stdout.toString(), stderr.toString(), status.code], ['a\n', 'b\n', 6]);
    },
  },
  {
    name: 'a slow reader loses nothing',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', `${large.script}; exit 5`]);
      const hash = createHash('sha256');
      let slowReads = 0;
      const errors = drain(remote.stderr!);
      for await (const chunk of remote.stdout) {
        hash.update(chunk as Buffer);
        if (slowReads++ < 8) await delay(200);
      }
      await errors;
      assert.equal(hash.digest('hex'), largeHash);
      assert.equal((await remote.exit).code, 5);
    },
  },
  {
    name: 'a reader that stops for two seconds loses nothing',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', `${large.script}; echo done >&2; exit 5`]);
      await delay(2000);
      const { stdout, stderr, status } = await collect(remote);
      assert.equal(sha256(stdout), largeHash);
      assert.deepEqual([stderr.toString(), status.code], ['done\n', 5]);
    },
  },
  {
    name: 'a destroyed stdout is discarded, and the command ends with its stderr and code',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', `${large.script}; echo end >&2; exit 8`]);
      remote.stdout.destroy();
      let stderr = '';
      for await (const chunk of remote.stderr!) stderr += (chunk as Buffer).toString();
      assert.equal(stderr, 'end\n');
      assert.equal((await remote.exit).code, 8);
    },
  },
  {
    name: 'a destroyed stderr is discarded, and stdout goes on',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', `head -c 1048576 /dev/zero >&2; echo end; exit 8`]);
      remote.stderr!.destroy();
      let stdout = '';
      for await (const chunk of remote.stdout) stdout += (chunk as Buffer).toString();
      assert.equal(stdout, 'end\n');
      assert.equal((await remote.exit).code, 8);
    },
  },
];
