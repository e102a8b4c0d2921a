import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { collect } from '../../../src/lib/process/index.ts';
import { readUntil, runAt, runScript, sha256, startAt } from '../drive.ts';
import type { Case } from '../suite.ts';

const MiB = 1 << 20;

/** Input arrives whole, its end is told, and it never fills the memory. */
export const inputCases: readonly Case[] = [
  {
    name: 'the end of stdin ends cat',
    needs: ['half-close'],
    async run({ shell }) {
      const { stdout, status } = await runAt(shell, ['cat'], 'hello\nworld\n');
      assert.deepEqual([stdout.toString(), status.code], ['hello\nworld\n', 0]);
    },
  },
  {
    name: 'an empty stdin ends at once',
    needs: ['half-close'],
    async run({ shell }) {
      const { stdout, status } = await runScript(shell, 'cat; echo end', '');
      assert.deepEqual([stdout.toString(), status.code], ['end\n', 0]);
    },
  },
  {
    name: 'without stdin there is no stream to write, and the command reads its end',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'cat; echo end']);
      assert.equal(remote.stdin, null);
      assert.equal((await collect(remote)).stdout.toString(), 'end\n');
    },
  },
  {
    name: 'one random MiB goes in and comes out unchanged',
    needs: ['half-close'],
    async run({ shell }) {
      const bytes = randomBytes(MiB);
      const { stdout, status } = await runAt(shell, ['cat'], bytes);
      assert.equal(sha256(stdout), sha256(bytes));
      assert.deepEqual([stdout.length, status.code], [MiB, 0]);
    },
  },
  {
    name: 'eight MiB of input arrive whole',
    needs: ['half-close'],
    async run({ shell }) {
      const bytes = randomBytes(8 * MiB);
      const { stdout, status } = await runAt(shell, ['sha256sum'], bytes);
      assert.equal(stdout.toString().split(' ')[0], sha256(bytes));
      assert.equal(status.inputSent, 8 * MiB);
    },
  },
  {
    name: 'input in many small writes keeps its order',
    needs: ['half-close'],
    async run({ shell }) {
      const remote = await startAt(shell, ['cat'], { stdin: true });
      let written = '';
      for (let i = 0; i < 2000; i++) {
        written += `${i}\n`;
        remote.stdin!.write(`${i}\n`);
      }
      remote.stdin!.end();
      assert.equal((await collect(remote)).stdout.toString(), written);
    },
  },
  {
    name: 'a command that answers before its input ends is heard',
    needs: ['half-close'],
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'while read -r x; do echo "got $x"; done; echo end'], {
        stdin: true,
      });
      remote.stdin!.write('one\n');
      await readUntil(remote.stdout, 'got one\n');
      remote.stdin!.write('two\n');
      await readUntil(remote.stdout, 'got two\n');
      remote.stdin!.end();
      assert.equal((await collect(remote)).stdout.toString(), 'end\n');
    },
  },
  {
    name: 'output after the end of stdin is not lost',
    needs: ['half-close'],
    async run({ shell }) {
      const script = 'cat >&2; sleep 0.5; head -c 3000000 /dev/zero; exit 2';
      const { stdout, stderr, status } = await runScript(shell, script, 'in');
      assert.deepEqual([stdout.length, stderr.toString(), status.code], [3_000_000, 'in', 2]);
    },
  },
  {
    name: 'a command that does not read its input ends with its own code',
    async run({ shell }) {
      const { status, stdout } = await runScript(shell, 'echo out; exit 5', randomBytes(32 * 1024));
      assert.deepEqual([stdout.toString(), status.code], ['out\n', 5]);
      assert.notEqual(status.inputLeft, 'none');
    },
  },
  {
    name: 'a command that takes a part of its input keeps that part',
    async run({ shell }) {
      const bytes = randomBytes(32 * 1024);
      const { status, stdout } = await runScript(shell, 'head -c 1000 | sha256sum', bytes);
      assert.equal(stdout.toString().split(' ')[0], sha256(bytes.subarray(0, 1000)));
      assert.equal(status.code, 0);
    },
  },
  {
    // The Status of such a command is often held up behind the input that nobody takes: kubectl hangs there too.
    name: 'a command that ends before a large input is taken has its own code',
    needs: ['proven-end', 'half-close'],
    async run({ shell }) {
      const bytes = randomBytes(2 * MiB);
      const { status, stdout } = await runScript(shell, 'head -c 1000 | sha256sum; exit 5', bytes);
      assert.equal(stdout.toString().split(' ')[0], sha256(bytes.subarray(0, 1000)));
      assert.equal(status.code, 5);
      assert.notEqual(status.inputLeft, 'none');
    },
  },
  {
    name: 'input that nobody reads is held back, not gathered in memory',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'sleep 2; echo late; sleep 20'], { stdin: true });
      remote.stdin!.on('error', () => {});
      const chunk = Buffer.alloc(256 * 1024);
      let taken = 0;
      const write = (): void => {
        while (taken < 512 * MiB && remote.stdin!.write(chunk)) taken += chunk.length;
      };
      remote.stdin!.on('drain', write);
      write();
      await readUntil(remote.stdout, 'late\n');
      remote.stdin!.off('drain', write);
      remote.disconnect();
      assert.ok(taken < 64 * MiB, `${taken / MiB} MiB were taken from the caller for a command that reads nothing`);
    },
  },
];
