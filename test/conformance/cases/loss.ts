import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { KxError } from '../../../src/lib/errors/index.ts';
import { collect } from '../../../src/lib/process/index.ts';
import { expectError, readUntil, runScript, startAt } from '../drive.ts';
import type { Case } from '../suite.ts';

/** A stream that ends without a Status is never a success; a server of v4 is told apart. */
export const lossCases: readonly Case[] = [
  {
    name: 'a connection cut while the command is silent is lost, never a success',
    needs: ['cuts'],
    async run({ breakable }) {
      const remote = await startAt(breakable!, ['sh', '-c', 'echo up; sleep 30']);
      await readUntil(remote.stdout, 'up\n');
      breakable!.cut();
      const error = await expectError(collect(remote), 'KX_CONNECTION_LOST');
      assert.notEqual(error.ran, 'no');
    },
  },
  {
    name: 'a connection cut in the middle of output is lost, and what came is kept',
    needs: ['cuts'],
    async run({ breakable }) {
      const remote = await startAt(breakable!, ['sh', '-c', 'while :; do echo line; done']);
      const seen = await readUntil(remote.stdout, 'line\nline\nline\n');
      breakable!.cut();
      remote.stdout.resume();
      remote.stdout.on('error', () => {});
      await expectError(remote.exit, 'KX_CONNECTION_LOST');
      assert.match(seen, /^line\n/);
    },
  },
  {
    name: 'a connection cut in the middle of input is lost',
    needs: ['cuts', 'half-close'],
    async run({ breakable }) {
      const remote = await startAt(
        breakable!,
        ['sh', '-c', 'head -c 100000 >/dev/null; echo took; cat >/dev/null; true'],
        {
          stdin: true,
        },
      );
      remote.stdin!.on('error', () => {});
      remote.stdin!.write(Buffer.alloc(200_000));
      await readUntil(remote.stdout, 'took\n');
      breakable!.cut();
      remote.stdout.resume();
      await expectError(remote.exit, 'KX_CONNECTION_LOST');
    },
  },
  {
    name: 'a polite close without a Status is lost, and what came is kept',
    needs: ['faults'],
    async run({ faults }) {
      const remote = await startAt(faults!.noStatus, ['echo', 'hello']);
      let seen = '';
      remote.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      remote.stdout.on('error', () => {});
      remote.stderr!.resume();
      const error = await expectError(remote.exit, 'KX_CONNECTION_LOST');
      assert.equal(seen, 'hello\n');
      assert.notEqual(error.ran, 'no');
    },
  },
  {
    name: 'a Status that comes late is waited for',
    needs: ['faults'],
    async run({ faults }) {
      const { stdout, status } = await runScript(faults!.lateStatus, 'echo out; exit 7');
      assert.deepEqual([stdout.toString(), status.code], ['out\n', 7]);
    },
  },
  {
    name: 'a server of v4 runs a command without stdin',
    needs: ['v4'],
    async run({ v4 }) {
      const { stdout, stderr, status } = await runScript(v4!, 'echo out; echo err >&2; exit 11');
      assert.deepEqual([stdout.toString(), stderr.toString(), status.code], ['out\n', 'err\n', 11]);
    },
  },
  {
    name: 'a server of v4 carries stdin to a command that knows how much to read',
    needs: ['v4'],
    async run({ v4 }) {
      const remote = await startAt(v4!, ['head', '-c', '5'], { stdin: true });
      remote.stdin!.write('hello');
      assert.equal((await collect(remote)).stdout.toString(), 'hello');
    },
  },
  {
    name: 'the end of stdin at a server of v4 is an error, not a hang',
    needs: ['v4'],
    async run({ v4 }) {
      const remote = await startAt(v4!, ['cat'], { stdin: true });
      assert.equal(remote.can.has('half-close'), false);
      const failed = once(remote.stdin!, 'error') as Promise<[KxError]>;
      remote.stdin!.end('hello');
      const [error] = await failed;
      assert.equal(error.code, 'KX_STDIN_END');
      assert.equal(await readUntil(remote.stdout, 'hello'), 'hello');
      remote.disconnect(error);
      await expectError(remote.exit, 'KX_STDIN_END');
    },
  },
];
