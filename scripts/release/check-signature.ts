import { createHash } from 'node:crypto';
import { readMachO } from './mach-o.ts';

/** How much of a signature is right. */
export interface SignatureCheck {
  /** Pages whose hash is that of the signature, and all of them. */
  readonly pages: { readonly right: number; readonly all: number };
  readonly isAdHoc: boolean;
  /** What macOS would refuse, a sentence each. */
  readonly problems: string[];
}

const superBlob = 0xfade0cc0;
const codeDirectory = { slot: 0, magic: 0xfade0c02 };
const adHoc = 0x2;

/**
 * Checks the code signature of a Mach-O file as the kernel of macOS does: it covers all that is in front of it, nothing is behind
 * it, and each page has the hash that it names. Source: cs_blobs.h of XNU.
 */
export function checkSignature(file: Buffer): SignatureCheck {
  const { signature } = readMachO(file);
  const none = { pages: { right: 0, all: 0 }, isAdHoc: false };
  if (signature === undefined) return { ...none, problems: ['it is not signed'] };
  const blob = file.subarray(signature.offset, signature.offset + signature.size);
  const directory = findDirectory(blob);
  if (directory === undefined) return { ...none, problems: ['the signature has no code directory'] };
  const problems: string[] = [];

  const codeLimit = directory.readUInt32BE(32);
  if (codeLimit !== signature.offset) {
    problems.push(`it covers ${codeLimit} bytes, and ${signature.offset} are in front of it`);
  }
  if (signature.offset + signature.size !== file.length) problems.push('it is not the end of the file');
  if (directory[36] !== 32 || directory[37] !== 2) problems.push('its hashes are not SHA-256');

  const pageSize = 2 ** directory.readUInt8(39);
  const all = directory.readUInt32BE(28);
  if (all !== Math.ceil(codeLimit / pageSize)) problems.push(`it has ${all} hashes for ${codeLimit} bytes`);
  const hashes = directory.readUInt32BE(16);
  let right = 0;
  for (let page = 0; page < all; page++) {
    const code = file.subarray(page * pageSize, Math.min((page + 1) * pageSize, codeLimit));
    const wanted = directory.subarray(hashes + page * 32, hashes + (page + 1) * 32);
    if (createHash('sha256').update(code).digest().equals(wanted)) right++;
  }
  if (right !== all) problems.push(`${all - right} of ${all} pages have another hash`);
  return { pages: { right, all }, isAdHoc: (directory.readUInt32BE(12) & adHoc) !== 0, problems };
}

function findDirectory(blob: Buffer): Buffer | undefined {
  if (blob.length < 12 || blob.readUInt32BE(0) !== superBlob) return undefined;
  for (let index = 0; index < blob.readUInt32BE(8); index++) {
    const [slot, offset] = [blob.readUInt32BE(12 + index * 8), blob.readUInt32BE(16 + index * 8)];
    if (slot !== codeDirectory.slot || blob.readUInt32BE(offset) !== codeDirectory.magic) continue;
    return blob.subarray(offset, offset + blob.readUInt32BE(offset + 4));
  }
  return undefined;
}
