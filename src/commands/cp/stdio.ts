import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { addAbortSignal } from 'node:stream';
import { isSamePrefix, sumUp, type Entry, type TreeReader, type TreeWriter } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { brokenPipeCode, openInput, openOutput } from '../../lib/terminal/index.ts';
import { openUnnamedFile, type UnnamedFile } from '../unnamed-file.ts';

/** All that stdin had, as a tree of one file. */
export interface Spool extends TreeReader {
  readonly size: number;
  close(): Promise<void>;
}

/** What is read of the spool at once, in bytes. */
const pieceSize = 1 << 18;

/**
 * Keeps stdin in a temporary file that only this user can read, and that has no name any more where the system allows it:
 * how long it is must be known before it is sent. Rejects with KX_COPY_SOURCE, or the reason of `signal`.
 */
export async function spoolStdin(signal: AbortSignal): Promise<Spool> {
  let file: UnnamedFile | undefined;
  try {
    file = await openUnnamedFile('kx-cp-');
    const { handle, close } = file;
    const size = await fill(handle, signal);
    return { size, entries: () => entriesOf(handle, size), close };
  } catch (error) {
    await file?.close();
    signal.throwIfAborted();
    throw new KxError('KX_COPY_SOURCE', `cannot keep stdin in ${tmpdir()}: ${(error as Error).message}`, {
      cause: error,
      hint: 'TMPDIR names another place',
    });
  }
}

async function fill(file: FileHandle, signal: AbortSignal): Promise<number> {
  let size = 0;
  for await (const chunk of addAbortSignal(signal, openInput())) {
    await file.appendFile(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return size;
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* entriesOf(file: FileHandle, size: number): AsyncGenerator<Entry> {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const after: Entry['after'] = async (prefix) => {
    const own = await sumUp(pieces(file, 0, Math.min(prefix.length, size)));
    return isSamePrefix(own, prefix) ? pieces(file, prefix.length, size) : undefined;
  };
  const common = { mode: 0o666, mtime: Date.now() / 1000, ...owner, linkTarget: '' };
  yield { path: '', kind: 'file', ...common, size, body: pieces(file, 0, size), after };
}

async function* pieces(file: FileHandle, from: number, size: number): AsyncGenerator<Buffer> {
  for (let at = from; at < size;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(pieceSize, size - at)), { position: at });
    if (bytesRead === 0) throw new KxError('KX_COPY_SOURCE', 'the temporary file of stdin was cut', { ran: 'maybe' });
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Writes the one file of a copy to stdout. Everything else than a file is KX_COPY_SOURCE. A reader that is gone rejects with
 * `readerGone`.
 */
export function writeStdout(): TreeWriter {
  const output = openOutput(1);
  return {
    async write(entry) {
      if (entry.path !== '' || entry.kind !== 'file') {
        throw new KxError('KX_COPY_SOURCE', 'only one file can be copied to stdout', { ran: 'maybe' });
      }
      for await (const piece of entry.body) {
        if (output.errored !== null) throw readerGone;
        if (!output.write(piece)) await once(output, 'drain').catch(() => Promise.reject(readerGone));
      }
    },
    async finish() {
      const written = Promise.withResolvers<Error | null | undefined>();
      output.write('', (error) => written.resolve(error));
      if ((await written.promise) instanceof Error) throw readerGone;
    },
    abort: () => Promise.resolve({ stored: { files: 0, bytes: 0 }, kept: 0, incomplete: [] }),
  };
}

/** Nobody reads stdout any more: 128 + SIGPIPE. */
export const readerGone = new KxError('KX_COPY_DESTINATION', 'nobody reads stdout any more', {
  ran: 'maybe',
  exit: brokenPipeCode,
});
