import { KxError } from '../../errors/index.ts';
import type { Name } from '../entry.ts';

/** One header block of a tar stream, or what extended headers made of it. Sizes are of the body that follows. */
export interface TarHeader {
  /** The type flag as a character; '0' for a file whatever the flag of its age is. */
  readonly type: string;
  readonly name: Name;
  readonly linkName: Name;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
}

export const blockSize = 512;

/** The stream is not what a tar writes. */
export function malformed(what: string): KxError {
  return new KxError('KX_PROTOCOL', `the container sent no tar stream: ${what}`, { ran: 'yes' });
}

/** Reads a block of 512 bytes; undefined when it is all zeros. Throws KX_PROTOCOL for what is no ustar or GNU header. */
export function parseHeader(block: Buffer): TarHeader | undefined {
  const sum = sumOf(block);
  if (block[0] === 0 && sum === 8 * 32 && isZero(block)) return undefined;
  if (readNumber(block, 148, 8) !== sum) throw malformed('the checksum of a header is wrong');
  const magic = block.toString('latin1', 257, 265);
  if (magic !== 'ustar\x0000' && magic !== 'ustar  \0') throw malformed('a header is of no known form');
  const prefix = magic === 'ustar\x0000' ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  const flag = block.toString('latin1', 156, 157);
  return {
    type: flag === '\0' || flag === '7' ? '0' : flag,
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: readText(block, 157, 100),
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    size: readSize(readNumber(block, 124, 12)),
    mtime: readNumber(block, 136, 12),
  };
}

/** The text up to the first NUL. */
export function readText(bytes: Buffer, start: number, length: number): string {
  const end = bytes.subarray(start, start + length).indexOf(0);
  return bytes.toString('latin1', start, start + (end < 0 ? length : end));
}

export function readSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw malformed('a size is out of range');
  return size;
}

/** The sum of all bytes, its own field taken for spaces. */
function sumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < 148; at++) sum += block[at] ?? 0;
  for (let at = 156; at < blockSize; at++) sum += block[at] ?? 0;
  return sum;
}

function isZero(block: Buffer): boolean {
  for (let at = 148; at < 156; at++) if (block[at] !== 0) return false;
  return true;
}

const space = 0x20;
const zero = 0x30;

/** Octal digits between spaces, up to a space or NUL; or, with the first bit set, a two's complement of the whole field. */
function readNumber(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if (first === 0x80 || first === 0xff) return readBinary(block, start, length, first === 0xff);
  let at = start;
  const end = start + length;
  while (at < end && block[at] === space) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (byte === 0 || byte === space) break;
    const digit = byte - zero;
    if (digit < 0 || digit > 7) throw malformed('a number of a header is not octal');
    value = value * 8 + digit;
  }
  return value;
}

function readBinary(block: Buffer, start: number, length: number, negative: boolean): number {
  let value = 0;
  for (let at = start + 1; at < start + length; at++) value = value * 256 + ((block[at] ?? 0) ^ (negative ? 0xff : 0));
  if (!Number.isSafeInteger(value)) throw malformed('a number of a header is out of range');
  return negative ? -1 - value : value;
}
