import { Writable } from 'node:stream';
import type { LineOutput } from './line-output.ts';
import { createScratch, type Scratch } from './scratch.ts';

const lineFeed = 0x0a;
/** A line that is not whole yet is kept in memory up to this, in bytes; then in a temporary file. */
const longLine = 1 << 16;
/** What is read back of such a file at once. */
const pieceSize = 1 << 18;

/**
 * A stream that writes whole lines with a prefix to an output that others share, at the pace of its reader. Lines may have any
 * length; one that stays without an end holds nobody up. The last line gets its line feed if it has none.
 */
export function writeLines(output: LineOutput, prefix: string): Writable {
  const begin = Buffer.from(prefix);
  let scratch: Scratch | undefined;
  let spilled = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const hold = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0) return;
    // A copy, or a few bytes would keep the whole chunk.
    held.push(Buffer.from(bytes));
    heldBytes += bytes.length;
    if (heldBytes <= longLine) return;
    scratch ??= createScratch();
    await scratch.append(Buffer.concat(held));
    spilled += heldBytes;
    [held, heldBytes] = [[], 0];
  };

  /** The line that is held, whose rest comes with the pieces. */
  const finishLine = async (rest: Buffer): Promise<void> => {
    const last = Buffer.concat([...held, rest, Buffer.of(lineFeed)]);
    [held, heldBytes] = [[], 0];
    const file = scratch;
    if (spilled === 0 || file === undefined) {
      await output.write(Buffer.concat([begin, last]));
      return;
    }
    const length = spilled;
    await output.writeAll(
      (async function* () {
        yield begin;
        for (let at = 0; at < length; at += pieceSize) yield file.read(at, Math.min(pieceSize, length - at));
        yield last;
      })(),
    );
    spilled = 0;
    await file.clear();
  };

  const take = async (chunk: Buffer): Promise<void> => {
    let from = 0;
    if (heldBytes + spilled > 0) {
      const end = chunk.indexOf(lineFeed);
      if (end === -1) return hold(chunk);
      await finishLine(chunk.subarray(0, end));
      from = end + 1;
    }
    const last = chunk.lastIndexOf(lineFeed);
    if (last >= from) await output.write(prefixLines(chunk.subarray(from, last + 1), begin));
    await hold(chunk.subarray(Math.max(from, last + 1)));
  };

  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk).then(() => done(), done);
    },
    final: (done) => {
      const end = heldBytes + spilled > 0 ? finishLine(Buffer.alloc(0)) : Promise.resolve();
      end.then(() => done(), done);
    },
    destroy: (error, done) => {
      void (scratch?.close() ?? Promise.resolve()).catch(() => {}).then(() => done(error));
    },
  });
}

/** Whole lines, each with the prefix. */
function prefixLines(lines: Buffer, prefix: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let from = 0; from < lines.length;) {
    const end = lines.indexOf(lineFeed, from) + 1;
    parts.push(prefix, lines.subarray(from, end));
    from = end;
  }
  return Buffer.concat(parts);
}
