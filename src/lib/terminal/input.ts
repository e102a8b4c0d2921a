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

/**
 * A stream of the same bytes that can be destroyed without closing the source. It asks for each piece: bun now and then
 * forgets the end of a pipe that comes while its stdin is paused.
 */
function borrow(source: Readable): Readable {
  let isWanted = false;
  const give = (): void => {
    while (isWanted) {
      const chunk = source.read() as Buffer | null;
      if (chunk === null) return;
      isWanted = borrowed.push(chunk);
    }
  };
  const finish = (): void => void borrowed.push(null);
  const fail = (error: Error): void => void borrowed.destroy(error);
  const borrowed = new Readable({
    read: () => {
      isWanted = true;
      give();
    },
    destroy: (error, done) => {
      source.off('readable', give).off('end', finish).off('error', fail);
      source.pause();
      done(error);
    },
  });
  source.on('readable', give).on('end', finish).on('error', fail);
  return borrowed;
}
