import { inflateSync, constants } from 'node:zlib';
import { broken } from './spdy-codec.ts';
import { dictionary } from './spdy-dictionary.ts';
import { uint32 } from './uint32.ts';

export type HeaderBlockEncoder = (headers: Readonly<Record<string, string>>) => Buffer;

/**
 * Encodes the header blocks of one connection: one zlib stream (RFC 1950) over all of them, that ends never. It is stored and
 * not compressed, so that nothing need be kept from one block to the next.
 */
export function createHeaderEncoder(): HeaderBlockEncoder {
  let begun = false;
  return (headers) => {
    const entries = Object.entries(headers);
    const block = Buffer.concat([uint32(entries.length), ...entries.flat().flatMap(counted)]);
    const parts = [...(begun ? [] : [Buffer.from([0x78, 0x01])]), stored(block), stored(Buffer.alloc(0))];
    begun = true;
    return Buffer.concat(parts);
  };
}

/** RFC 1951 section 3.2.4. An empty one behind the others makes readers hand on what they have. */
function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

function counted(text: string): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  return [uint32(bytes.length), bytes];
}

/** So much of header blocks is taken on one connection, in bytes: one with a command has five small ones. */
const maxBlocks = 16 * 1024;

/** Decodes the header blocks of one connection, in their order. Throws KX_PROTOCOL. */
export function createHeaderDecoder(): (block: Buffer) => ReadonlyMap<string, string> {
  let compressed = Buffer.alloc(0);
  let taken = 0;
  return (block) => {
    compressed = Buffer.concat([compressed, block]);
    if (compressed.length > maxBlocks) throw broken('too many headers');
    const plain = inflate(compressed);
    const headers = parseBlock(plain.subarray(taken));
    taken = plain.length;
    return headers;
  };
}

/** All of it again each time: there are five blocks at most, and no decompressor need be fed in pieces. */
function inflate(compressed: Buffer): Buffer {
  try {
    return inflateSync(compressed, {
      dictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 4 * maxBlocks,
    });
  } catch (error) {
    throw broken(`headers that cannot be decompressed (${(error as Error).message})`);
  }
}

function parseBlock(block: Buffer): ReadonlyMap<string, string> {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw broken('a header block that is cut off');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw broken('a header block that is cut off');
    at += length;
    return block.toString('latin1', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) headers.set(text(), text());
  return headers;
}
