import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Scratch } from './scratch.ts';

/** What one output of one target had, once it has ended. */
export interface Captured {
  /** All that it had, in bytes. */
  readonly total: number;
  /** How much of it is kept. */
  readonly kept: number;
  /** Equal for equal bytes. */
  readonly digest: string;
  read(): Promise<Buffer>;
  /** The same by pieces, which are not all in memory. */
  pieces(): AsyncIterable<Buffer>;
  /** Nobody will read it: gives its memory back. */
  drop(): void;
}

export interface Capture {
  readonly stream: Writable;
  /** Complete when the stream has finished. */
  readonly captured: Captured;
}

/** Makes captures that share a bound of memory: what is more goes to `scratch`. */
export type Capturer = (limit: number) => Capture;

/** What one output keeps in memory at most, and what all of them do, in bytes. */
const mostOfOne = 1 << 16;
const mostOfAll = 24 << 20;

/** What is read back at once, in bytes. */
const pieceSize = 1 << 18;

interface Extent {
  readonly position: number;
  readonly length: number;
}

export function createCapturer(scratch: Scratch): Capturer {
  let held = 0;
  return (limit) => {
    const hash = createHash('sha256');
    const extents: Extent[] = [];
    let memory: Buffer[] = [];
    let [inMemory, total, kept] = [0, 0, 0];
    let digest = '';
    const drop = (): void => {
      held -= inMemory;
      [memory, inMemory] = [[], 0];
    };
    const spill = async (): Promise<void> => {
      const bytes = Buffer.concat(memory);
      drop();
      const position = await scratch.append(bytes);
      const last = extents.at(-1);
      if (last !== undefined && last.position + last.length === position) {
        extents[extents.length - 1] = { position: last.position, length: last.length + bytes.length };
      } else extents.push({ position, length: bytes.length });
    };
    const take = async (chunk: Buffer): Promise<void> => {
      total += chunk.length;
      const bytes = chunk.subarray(0, Math.max(0, limit - kept));
      if (bytes.length === 0) return;
      hash.update(bytes);
      kept += bytes.length;
      // A copy, or a few bytes would keep the whole chunk.
      memory.push(Buffer.from(bytes));
      inMemory += bytes.length;
      held += bytes.length;
      if (inMemory > mostOfOne || held > mostOfAll) await spill();
    };
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        take(chunk).then(() => done(), done);
      },
      final: (done) => {
        digest = hash.digest('base64');
        done();
      },
    });
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for (const { position, length } of extents) {
        for (let at = 0; at < length; at += pieceSize) {
          yield scratch.read(position + at, Math.min(pieceSize, length - at));
        }
      }
      yield* memory;
    };
    return {
      stream,
      captured: {
        get total() {
          return total;
        },
        get kept() {
          return kept;
        },
        get digest() {
          return digest;
        },
        read: async () => {
          const all: Buffer[] = [];
          for await (const piece of pieces()) all.push(piece);
          return Buffer.concat(all);
        },
        pieces,
        drop,
      },
    };
  };
}
