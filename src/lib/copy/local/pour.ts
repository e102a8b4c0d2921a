import { writev } from 'node:fs';
import { promisify } from 'node:util';
import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Entry } from '../entry.ts';
import { exactBody } from '../exact-body.ts';
import { isLoss } from '../retry.ts';

const writeVector = promisify(writev);
const batchBytes = 1 << 20;
/** Systems take 1,024 at a time. */
const batchPieces = 512;

/**
 * Writes the body of an entry, a batch in the background while the next one arrives. Resolves when exactly its size is
 * written, and nothing is under way when it rejects. Pieces are small: a call for each would cost more than the bytes.
 */
export async function pour(entry: Entry, fd: number): Promise<void> {
  let batch: Buffer[] = [];
  let bytes = 0;
  let written = Promise.resolve();
  const flush = async (): Promise<void> => {
    await written;
    written = writeAll(fd, batch);
    // It is awaited before the next; until then a failure is not without a handler.
    written.catch(() => {});
    batch = [];
    bytes = 0;
  };
  try {
    for await (const piece of arrivingBody(entry)) {
      batch.push(piece);
      bytes += piece.length;
      if (bytes >= batchBytes || batch.length >= batchPieces) await flush();
    }
    await flush();
  } catch (error) {
    // What has come is not to be fetched again.
    if (isLoss(error)) await flush();
    throw error;
  } finally {
    await written;
  }
}

/** The body of an entry in one piece. */
export async function collectBody(entry: Entry): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of arrivingBody(entry)) pieces.push(piece);
  const [first = Buffer.alloc(0)] = pieces;
  return pieces.length <= 1 ? first : Buffer.concat(pieces, entry.size);
}

/** The body of an entry, or KX_COPY_INCOMPLETE when it is not as long as the entry says. */
export function arrivingBody(entry: Entry): AsyncGenerator<Buffer> {
  const { path, size } = entry;
  return exactBody(entry, (arrived) => {
    const count = arrived > size ? `more than ${size}` : `${arrived} of ${size}`;
    const of = path === '' ? '' : ` of ${displayName(path)}`;
    return new KxError('KX_COPY_INCOMPLETE', `${count} bytes${of} arrived`);
  });
}

/** A system may write less than it is given. */
export async function writeAll(fd: number, pieces: Buffer[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    const { bytesWritten } = await writeVector(fd, rest);
    rest = without(rest, bytesWritten);
  }
}

function without(pieces: Buffer[], count: number): Buffer[] {
  let left = count;
  let first = 0;
  for (; first < pieces.length; first++) {
    const { length } = pieces[first] as Buffer;
    if (length > left) break;
    left -= length;
  }
  const [partly, ...others] = pieces.slice(first);
  return partly === undefined ? [] : [partly.subarray(left), ...others];
}
