import type { Entry, Name } from '../entry.ts';

/** One member of an archive. `name` and `linkName` are what stands in it; a directory's name has no slash at its end. */
export interface TarMember {
  readonly name: Name;
  readonly kind: Entry['kind'];
  readonly mode: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly linkName: Name;
}

const block = 512;
/** What every tar reads at once; an archive that ends there leaves nothing unread in a pipe. */
export const tarRecord = 20 * block;
/** A header has room for 100 bytes of a name. */
const longestName = 99;
const types: Readonly<Record<Entry['kind'], string>> = { file: '0', hardlink: '1', symlink: '2', directory: '5' };
const longNameMember = '././@LongLink';

/** `size` rounded up to whole blocks of an archive. */
export function paddedLength(size: number): number {
  return Math.ceil(size / block) * block;
}

/** Bytes that `writeTarHeader` needs. */
export function tarHeaderLength(member: TarMember): number {
  return block + longLength(storedName(member)) + longLength(member.linkName);
}

/**
 * Writes the header of a member and gives where its body begins. It is the GNU format: busybox does not know the paths of
 * PAX, and the two have no other common way to a name longer than 255 bytes.
 */
export function writeTarHeader(into: Buffer, at: number, member: TarMember): number {
  const name = storedName(member);
  at = writeLong(into, at, 'K', member.linkName);
  at = writeLong(into, at, 'L', name);
  return writeBlock(into, at, { ...member, name }, types[member.kind]);
}

/** What follows `length` bytes of members: two empty blocks, and as many more as fill the record. */
export function endOfArchive(length: number): Buffer {
  const whole = Math.ceil((length + 2 * block) / tarRecord) * tarRecord;
  return Buffer.alloc(whole - length);
}

function storedName(member: TarMember): Name {
  return member.kind === 'directory' ? `${member.name}/` : member.name;
}

function longLength(name: Name): number {
  return name.length > longestName ? block + paddedLength(name.length + 1) : 0;
}

function writeLong(into: Buffer, at: number, type: 'K' | 'L', name: Name): number {
  if (name.length <= longestName) return at;
  const size = name.length + 1;
  const header = { name: longNameMember, kind: 'file', mode: 0, mtime: 0, uid: 0, gid: 0, size, linkName: '' } as const;
  const body = writeBlock(into, at, header, type);
  const end = body + paddedLength(size);
  into.fill(0, body + name.length, end);
  into.write(name, body, 'latin1');
  return end;
}

function writeBlock(into: Buffer, at: number, member: TarMember, type: string): number {
  const end = at + block;
  into.fill(0, at, end);
  into.write(member.name, at, 100, 'latin1');
  writeNumber(into, at + 100, 8, member.mode);
  writeNumber(into, at + 108, 8, member.uid);
  writeNumber(into, at + 116, 8, member.gid);
  writeNumber(into, at + 124, 12, member.size);
  writeNumber(into, at + 136, 12, member.mtime);
  into.fill(0x20, at + 148, at + 156);
  into.write(type, at + 156, 1, 'latin1');
  into.write(member.linkName, at + 157, 100, 'latin1');
  into.write('ustar  ', at + 257, 7, 'latin1');
  let sum = 0;
  for (let index = at; index < end; index++) sum += into[index] ?? 0;
  into.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 8, 'latin1');
  return end;
}

/** Octal digits, or base 256 (big-endian, two's complement, the first bit set) for what they cannot hold. */
function writeNumber(into: Buffer, at: number, width: number, value: number): void {
  if (value >= 0 && value < 8 ** (width - 1)) {
    into.write(value.toString(8).padStart(width - 1, '0'), at, width - 1);
    return;
  }
  let rest = BigInt(value);
  for (let index = at + width - 1; index >= at; index--) {
    into[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  into[at] = value < 0 ? 0xff : 0x80;
}
