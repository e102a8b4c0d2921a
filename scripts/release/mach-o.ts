/** What is read here of a Mach-O file of 64 bits; the names are those of mach-o/loader.h. */
const loadCommands = { segment: 0x19, codeSignature: 0x1d };
const headerSize = 32;

/** A part of a file, in bytes. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

export interface Segment extends Range {
  readonly name: string;
  /** Where its load command is. */
  readonly at: number;
}

export interface MachO {
  readonly arch: 'arm64' | 'x64';
  readonly segments: readonly Segment[];
  /** Where the signature is, and where its load command; undefined: there is none. */
  readonly signature: (Range & { readonly at: number }) | undefined;
}

/** The parts of a Mach-O file that its signature is about. Throws where it is none, or not for 64 bits. */
export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== 0xfeedfacf) throw new Error('not a Mach-O file of 64 bits');
  const arch = ({ 0x0100000c: 'arm64', 0x01000007: 'x64' } as const)[file.readUInt32LE(4)];
  if (arch === undefined) throw new Error('a Mach-O file for another processor');
  const segments: Segment[] = [];
  let signature: MachO['signature'];
  let at = headerSize;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    if (command === loadCommands.segment) {
      segments.push({
        name: file.toString('latin1', at + 8, at + 24).replace(/\0+$/, ''),
        at,
        offset: Number(file.readBigUInt64LE(at + 40)),
        size: Number(file.readBigUInt64LE(at + 48)),
      });
    }
    if (command === loadCommands.codeSignature) {
      signature = { at, offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) };
    }
    at += file.readUInt32LE(at + 4);
  }
  return { arch, segments, signature };
}
