import { createReadStream, fstatSync } from 'node:fs';
import { Readable } from 'node:stream';
import { isatty } from 'node:tty';

/** What is read of a file at once, in bytes. */
const fileChunk = 1 << 20;

/**
 * The standard input, which nobody touches before this call. Destroying the stream stops the reading and leaves the
 * descriptor open, so that what was not read is there for the next program. A closed stdin is an empty one.
 */
export function openInput(): Readable {
  const kind = kindOfInput();
  if (kind === 'none') return Readable.from([]);
  // A thread reads files in large pieces; it would take a byte too many from a pipe or a terminal.
  if (kind === 'file') return readByThread();
  try {
    return borrow(process.stdin);
  } catch {
    // bun on Windows makes no stream of a handle that it does not know (EBADF), and reads it all the same.
    return readByThread();
  }
}

function readByThread(): Readable {
  return createReadStream('', { fd: 0, autoClose: false, highWaterMark: fileChunk });
}

function kindOfInput(): 'none' | 'file' | 'stream' {
  try {
    const stat = fstatSync(0);
    return stat.isFile() || (stat.isCharacterDevice() && !isatty(0)) ? 'file' : 'stream';
  } catch {
    return 'none';
  }
}

/** A stream of the same bytes that can be destroyed without closing the source. */
function borrow(source: Readable): Readable {
  const borrowed = new Readable({
    read: () => void source.resume(),
    destroy: (error, done) => {
      source.pause();
      source.off('data', take).off('end', finish).off('error', fail);
      done(error);
    },
  });
  const take = (chunk: Buffer): void => {
    if (!borrowed.push(chunk)) source.pause();
  };
  const finish = (): void => void borrowed.push(null);
  const fail = (error: Error): void => void borrowed.destroy(error);
  source.on('data', take).on('end', finish).on('error', fail);
  source.pause();
  return borrowed;
}
