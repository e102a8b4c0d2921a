import { createHash } from 'node:crypto';
import { readMachO } from './mach-o.ts';

const pageSize = 4096;
const hashSize = 32;
const identifier = Buffer.from('a.out\0');
/** What a linker gives a program that nobody signs: adhoc and linker-signed. */
const flags = 0x20002;
const blobHeader = 20;
const directoryHeader = 88;

/**
 * A Mach-O file with an ad-hoc signature in the place of the one it has: the hash of each page and no identity, as linkers write
 * it. Sources: cs_blobs.h of XNU for the form, mach-o/loader.h for where it is put.
 */
export function signAdHoc(file: Buffer): Buffer {
  const { segments, signature } = readMachO(file);
  const [text, linkEdit] = ['__TEXT', '__LINKEDIT'].map((name) => segments.find((segment) => segment.name === name));
  if (signature === undefined || text === undefined || linkEdit === undefined) {
    throw new Error('there is no place for a signature');
  }
  const limit = signature.offset;
  const pages = Math.ceil(limit / pageSize);
  const directorySize = directoryHeader + identifier.length + pages * hashSize;
  const size = blobHeader + directorySize;
  const signed = Buffer.concat([file.subarray(0, limit), Buffer.alloc(size)]);

  // The hash of the first page is that of the new load commands.
  signed.writeUInt32LE(size, signature.at + 12);
  const linkEditSize = limit + size - linkEdit.offset;
  signed.writeBigUInt64LE(BigInt(linkEditSize), linkEdit.at + 48);
  signed.writeBigUInt64LE(BigInt(Math.ceil(linkEditSize / pageSize) * pageSize), linkEdit.at + 32);

  const blob = signed.subarray(limit);
  [0xfade0cc0, size, 1, 0, blobHeader].forEach((value, index) => blob.writeUInt32BE(value, index * 4));
  const directory = blob.subarray(blobHeader);
  const hashes = directoryHeader + identifier.length;
  const version = 0x20400;
  [0xfade0c02, directorySize, version, flags, hashes, directoryHeader, 0, pages, limit].forEach((value, index) =>
    directory.writeUInt32BE(value, index * 4),
  );
  directory.set([hashSize, 2 /* SHA-256 */, 0, Math.log2(pageSize)], 36);
  directory.writeBigUInt64BE(BigInt(text.offset), 64);
  directory.writeBigUInt64BE(BigInt(text.size), 72);
  directory.writeBigUInt64BE(1n /* the main program of a process */, 80);
  identifier.copy(directory, directoryHeader);
  for (let page = 0; page < pages; page++) {
    const code = signed.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    createHash('sha256')
      .update(code)
      .digest()
      .copy(directory, hashes + page * hashSize);
  }
  return signed;
}
