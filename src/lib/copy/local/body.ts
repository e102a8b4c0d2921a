import { fstatSync, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Entry, Name, Report } from '../entry.ts';
import { isSamePrefix, sumUp } from '../prefix.ts';
import { systemWords } from './problem.ts';

/** Up to this size a file is read in one go, before its entry is given out. */
export const smallBytes = 256 << 10;
const pieceBytes = 512 << 10;
const ahead = 3;
const readPiece = promisify(read);

/**
 * A small file to its end, which need not be where its size says: that of /proc/cpuinfo is 0. Undefined when there is much
 * more than `expected`, so that its size is anybody's guess.
 */
export function readSmall(fd: number, expected: number): Buffer | undefined {
  let buffer = Buffer.allocUnsafe(expected + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0 || (length === expected && length > 0)) return buffer.subarray(0, length);
    if (length < buffer.length) continue;
    if (length > smallBytes) return expected === 0 ? undefined : buffer.subarray(0, expected);
    buffer = Buffer.concat([buffer], Math.min(buffer.length * 2 + 4096, smallBytes + 1));
  }
}

/** A body, and what closes it whether it was read or not. */
export interface LargeBody {
  readonly body: AsyncIterable<Buffer>;
  readonly after: NonNullable<Entry['after']>;
  /** Resolves when nothing reads from the file any more. */
  readonly settle: () => Promise<void>;
}

/**
 * Exactly as many bytes of an open file as `stats` says, read ahead by some pieces. Each piece has memory of its own: a
 * socket may hold it long after the next one was asked for.
 */
export function readLarge(fd: number, stats: Stats, path: Name, full: Name, report: Report): LargeBody {
  const { size } = stats;
  const under = new Set<Promise<Buffer>>();

  function start(position: number): Promise<Buffer> {
    const piece = readFully(fd, position, Math.min(pieceBytes, size - position), full);
    under.add(piece);
    // Its error is for who reads the body; when nobody does, it is of no use.
    piece.catch(() => {}).finally(() => under.delete(piece));
    return piece;
  }

  async function* body(from: number): AsyncGenerator<Buffer> {
    const pieces: Promise<Buffer>[] = [];
    let asked = from;
    for (let given = from; given < size;) {
      for (; asked < size && pieces.length < ahead; asked += pieceBytes) pieces.push(start(asked));
      const piece = await (pieces.shift() as Promise<Buffer>);
      given += piece.length;
      yield piece;
    }
    const after = fstatSync(fd);
    if (after.size === size && after.mtimeMs === stats.mtimeMs) return;
    report({ level: 'warning', path, message: 'changed while it was read' });
  }

  const bodyFrom = (from: number): AsyncIterable<Buffer> => ({ [Symbol.asyncIterator]: () => body(from) });
  return {
    body: bodyFrom(0),
    after: async (prefix) => {
      const { length } = prefix;
      async function* beginning(): AsyncGenerator<Buffer> {
        for (let at = 0; at < length; at += pieceBytes) {
          yield await readFully(fd, at, Math.min(pieceBytes, length - at), full);
        }
      }
      return length <= size && isSamePrefix(await sumUp(beginning()), prefix) ? bodyFrom(length) : undefined;
    },
    settle: async () => {
      await Promise.allSettled(under);
    },
  };
}

async function readFully(fd: number, position: number, length: number, full: Name): Promise<Buffer> {
  const piece = Buffer.allocUnsafeSlow(length);
  for (let read = 0; read < length;) {
    const { bytesRead } = await readPiece(fd, piece, read, length - read, position + read).catch((cause: unknown) => {
      const message = `cannot read ${displayName(full)}: ${systemWords(cause)}`;
      throw new KxError('KX_COPY_SOURCE', message, { cause });
    });
    if (bytesRead === 0) {
      throw new KxError('KX_COPY_INCOMPLETE', `${displayName(full)} became shorter while it was read`);
    }
    read += bytesRead;
  }
  return piece;
}
