import { blockSize, malformed, parseHeader, readText, type TarHeader } from './header.ts';
import { applyPax, isSparse, parsePax, type PaxRecords } from './pax.ts';

/*
 * tar-stream is not used to read: it takes the names in PAX headers for UTF-8, ignores uid, gid and mtime in them, passes
 * sparse files off as plain ones, does not ask for the two zero blocks at the end, and tells no offsets.
 */

/** Where the entry that is being read begins in the stream, and its body; `body` is Infinity until the header is whole. */
export interface EntryPlace {
  readonly start: number;
  readonly body: number;
}

/** The bytes of a tar stream. Each call is told which entry the bytes before it belong to. */
export interface TarBytes {
  /** More bytes, at least one; rejects when there are none, for the archive is not over. */
  more(place: EntryPlace): Promise<Buffer>;
  /** What follows the archive; undefined when the stream ended well. */
  rest(place: EntryPlace): Promise<Buffer | undefined>;
}

export interface TarEntry extends TarHeader {
  /** The body is in one of the forms in which GNU tar leaves holes out. */
  readonly sparse: boolean;
}

export interface TarDecoder {
  /** The next entry, what is left of the body before it skipped; undefined when the archive and its stream are over. */
  next(): Promise<TarEntry | undefined>;
  /** Some of the body of the entry, at most `limit` bytes; undefined at its end. The bytes are good until the next call. */
  piece(limit?: number): Promise<Buffer | undefined>;
  /** All of the body of the entry, where it has come already; `piece` then has no more of it. */
  whole(): Buffer | undefined;
  /** Where the entry is. */
  readonly place: EntryPlace;
  /** The bytes to come are those of the body of the entry, behind its first `length`, whatever came before. */
  moveTo(length: number): void;
}

/** More than any name of a file system takes; a header that tells more is not from a tar of ours. */
const longestExtension = 1 << 20;
/** Some tars fill their last record; ours are of at most 256 KiB. */
const longestFill = 1 << 20;

/** Takes a tar stream apart. Rejects with KX_PROTOCOL for what no tar writes, and as `bytes` does. */
export function decodeTar(bytes: TarBytes): TarDecoder {
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;
  let chunkStart = 0;
  let size = 0;
  let left = 0;
  let padding = 0;
  let place: EntryPlace = { start: 0, body: Infinity };
  let global: PaxRecords = new Map();
  let over = false;

  async function fill(): Promise<void> {
    const next = await bytes.more(place);
    chunkStart += chunk.length;
    chunk = next;
    at = 0;
  }

  async function take(length: number): Promise<Buffer> {
    if (chunk.length - at >= length) return chunk.subarray(at, (at += length));
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      if (at === chunk.length) await fill();
      const part = chunk.subarray(at, at + missing);
      at += part.length;
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  }

  async function skip(length: number): Promise<void> {
    for (let missing = length; missing > 0;) {
      if (at === chunk.length) await fill();
      const part = Math.min(missing, chunk.length - at);
      at += part;
      missing -= part;
    }
  }

  async function takeExtension(header: TarHeader): Promise<Buffer> {
    if (header.size > longestExtension) throw malformed('a name is longer than any can be');
    const body = await take(header.size);
    await skip(paddingOf(header.size));
    return body;
  }

  async function readEntry(): Promise<TarEntry | undefined> {
    let longName: string | undefined;
    let longLink: string | undefined;
    let local: PaxRecords | undefined;
    for (;;) {
      const isHere = chunk.length - at >= blockSize;
      const header = parseHeader(isHere ? chunk.subarray(at, (at += blockSize)) : await take(blockSize));
      if (header === undefined) {
        if (longName !== undefined || longLink !== undefined || local !== undefined) {
          throw malformed('it ends behind the name of an entry');
        }
        await finish();
        return undefined;
      }
      if (header.type === 'L') longName = nameOf(await takeExtension(header));
      else if (header.type === 'K') longLink = nameOf(await takeExtension(header));
      else if (header.type === 'x') local = parsePax(await takeExtension(header));
      else if (header.type === 'g') global = new Map([...global, ...parsePax(await takeExtension(header))]);
      else {
        let entry: TarHeader = header;
        if (longName !== undefined || longLink !== undefined) {
          entry = { ...header, name: longName ?? header.name, linkName: longLink ?? header.linkName };
        }
        if (global.size > 0) entry = applyPax(entry, global);
        if (local !== undefined) entry = applyPax(entry, local);
        const sparse = header.type === 'S' || (local !== undefined && isSparse(local));
        return { ...entry, sparse };
      }
    }
  }

  async function finish(): Promise<void> {
    if (parseHeader(await take(blockSize)) !== undefined) throw malformed('there is an entry behind its end');
    over = true;
    let fill = 0;
    for (;;) {
      for (; at < chunk.length; at++, fill++) if (chunk[at] !== 0) throw malformed('there is something behind its end');
      if (fill > longestFill) throw malformed('it does not end');
      const next = await bytes.rest(place);
      if (next === undefined) return;
      chunkStart += chunk.length;
      chunk = next;
      at = 0;
    }
  }

  return {
    async next() {
      if (over) return undefined;
      const behind = left + padding;
      if (chunk.length - at >= behind) at += behind;
      else await skip(behind);
      left = padding = 0;
      place = { start: chunkStart + at, body: Infinity };
      const entry = await readEntry();
      if (entry === undefined) return undefined;
      if (entry.size > 0 && '123456'.includes(entry.type)) throw malformed('an entry that is no file has a body');
      if (entry.type === 'S') throw malformed('it has a sparse file of an old form');
      place = { start: place.start, body: chunkStart + at };
      left = size = entry.size;
      padding = paddingOf(left);
      return entry;
    },
    whole() {
      if (left !== size || chunk.length - at < left) return undefined;
      const body = chunk.subarray(at, at + left);
      at += left;
      left = 0;
      return body;
    },
    async piece(limit = Infinity) {
      if (left === 0) return undefined;
      if (at === chunk.length) await fill();
      const piece = chunk.subarray(at, at + Math.min(left, limit));
      at += piece.length;
      left -= piece.length;
      return piece;
    },
    get place() {
      return place;
    },
    moveTo(length) {
      chunk = Buffer.alloc(0);
      at = 0;
      chunkStart = place.body + length;
      left = size - length;
    },
  };
}

function nameOf(body: Buffer): string {
  return readText(body, 0, body.length);
}

function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
