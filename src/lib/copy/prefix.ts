import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The first bytes of a body, as far as they are there already: how many, and at least one sum of them. */
export interface Prefix {
  readonly length: number;
  readonly crc32?: number | undefined;
  /** In hexadecimal. */
  readonly sha256?: string | undefined;
}

/** Both sums of bytes. */
export async function sumUp(bytes: AsyncIterable<Buffer>): Promise<Prefix> {
  const hash = createHash('sha256');
  let [length, crc] = [0, 0];
  for await (const piece of bytes) {
    hash.update(piece);
    crc = crc32(piece, crc);
    length += piece.length;
  }
  return { length, crc32: crc, sha256: hash.digest('hex') };
}

/** Whether the bytes are as many and the same, by every sum that is known of both; without one they are not. */
export function isSamePrefix(one: Prefix, other: Prefix): boolean {
  if (one.length !== other.length) return false;
  const pairs = [
    [one.crc32, other.crc32],
    [one.sha256, other.sha256],
  ].filter(([a, b]) => a !== undefined && b !== undefined);
  return pairs.length > 0 && pairs.every(([a, b]) => a === b);
}
