import { promisify } from 'node:util';
import { constants, gzip, zstdCompress, zstdCompressSync } from 'node:zlib';

/** What both ends of a connection can compress and uncompress with. */
export type CompressionTool = 'gzip' | 'zstd';

/** How what goes over the connections of a copy is compressed. */
export interface Compression {
  readonly tool: CompressionTool;
  /** False: only where that is faster. */
  readonly always: boolean;
}

const gzipOf = promisify(gzip);
const zstdOf = promisify(zstdCompress);
const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = constants;
const fastZstd = { params: { [level]: 1, [checksum]: 1 } };

/** One whole member of the format of the tool, with a checksum. */
export function compressWhole(plain: Buffer, tool: CompressionTool): Promise<Buffer> {
  return tool === 'gzip' ? gzipOf(plain, { level: 1 }) : zstdOf(plain, fastZstd);
}

const sampleBytes = 64 * 1024;

/** What about is left of bytes that are compressed, as a fraction; 1 and more: they do not shrink. Takes a fraction of a millisecond. */
export function estimateRatio(plain: Buffer): number {
  const middle = Math.max(0, Math.floor((plain.length - sampleBytes) / 2));
  const sample = plain.subarray(middle, middle + sampleBytes);
  return sample.length === 0 ? 1 : zstdCompressSync(sample, fastZstd).length / sample.length;
}

/** More is sent as it is: little is won, and what looks like that is compressed already. */
export const leastShrinking = 0.9;
/** Bytes per second that a container with little CPU compresses; it uncompresses more. */
const speeds: Readonly<Record<CompressionTool, number>> = { gzip: 40e6, zstd: 90e6 };
const leastGain = 1.5;

/** A rate that is more than this times the one before is that of a connection that is still getting faster: it is not judged. */
export const steady = 1.25;

/** Whether any bytes could be copied clearly faster than the `rate` (bytes per second) at which they come now. */
export function mayPay(tool: CompressionTool, rate: number, ownSpeed = Infinity): boolean {
  return Math.min(speeds[tool], ownSpeed) >= leastGain * rate;
}

/** The same of bytes that shrink like this. */
export function pays(tool: CompressionTool, rate: number, ratio: number, ownSpeed = Infinity): boolean {
  return mayPay(tool, rate, ownSpeed) && 1 / ratio >= leastGain;
}

/** For messages: a rate and what bytes shrink to. */
export function describeGain(rate: number, ratio: number): string {
  return `${(rate / 1e6).toFixed(1)} MB/s pass, and a sample shrinks to ${Math.round(ratio * 100)} %`;
}
