import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { collect, type ExitStatus, type RemoteProcess } from '../../../src/lib/process/index.ts';

const exit: ExitStatus = { code: 7, proven: true, inputLeft: 'none', inputSent: 0, reason: 'it ended' };

function processOf(parts: {
  stderr: PassThrough | null;
  exit: Promise<ExitStatus>;
}): RemoteProcess & { stdout: PassThrough } {
  return {
    stdin: null,
    stdout: new PassThrough(),
    stderr: parts.stderr,
    started: Promise.resolve('confirmed'),
    exit: parts.exit,
    can: new Set(),
    protocol: 'played',
    resize: () => {},
    signal: () => Promise.resolve('unsupported'),
    disconnect: () => {},
  };
}

suite('collect', () => {
  test('gives both outputs and the exit status, a non-zero code included', async () => {
    const remote = processOf({ stderr: new PassThrough(), exit: Promise.resolve(exit) });
    remote.stdout.write(Buffer.from([0, 255]));
    remote.stdout.end(Buffer.from([10]));
    (remote.stderr as PassThrough).end('err');
    const { stdout, stderr, status } = await collect(remote);
    assert.deepEqual([[...stdout], stderr.toString(), status], [[0, 255, 10], 'err', exit]);
  });

  test('reads both outputs side by side, so that neither holds the other back', async () => {
    const stderr = new PassThrough();
    const remote = processOf({ stderr, exit: Promise.resolve(exit) });
    const big = Buffer.alloc(4 << 20);
    stderr.end(big, () => remote.stdout.end(big));
    const collected = await collect(remote);
    assert.deepEqual([collected.stdout.length, collected.stderr.length], [big.length, big.length]);
  });

  test('under a terminal stderr is empty', async () => {
    const remote = processOf({ stderr: null, exit: Promise.resolve(exit) });
    remote.stdout.end('merged');
    const { stdout, stderr } = await collect(remote);
    assert.deepEqual([stdout.toString(), stderr.length], ['merged', 0]);
  });

  test('rejects as the exit does', async () => {
    const lost = new KxError('KX_CONNECTION_LOST', 'gone', { ran: 'maybe' });
    const remote = processOf({ stderr: null, exit: Promise.reject(lost) });
    remote.stdout.end('looks complete');
    await assert.rejects(collect(remote), lost);
  });
});
