import { attributesOf, type Keep } from './attributes.ts';
import { emptyBody, type Entry, type Name } from '../entry.ts';
import { leavingBody } from './leaving-body.ts';
import {
  endOfArchive,
  paddedLength,
  tarHeaderLength,
  tarRecord,
  writeTarHeader,
  type TarMember,
} from '../tar/encode.ts';

/** An entry within a batch; its bytes stand from `start` to `end`, those of its body from `body`. */
export interface BatchItem {
  readonly entry: Entry;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** A small archive: what one run of tar unpacks. */
export interface Batch {
  readonly buffer: Buffer;
  readonly items: readonly BatchItem[];
}

/** An archive that is being filled. */
export interface BatchBuilder {
  readonly isEmpty: boolean;
  /** Whether there is room for an entry. A batch that is empty takes any. */
  fits(entry: Entry): boolean;
  /** Takes an entry and its body. When the body fails the batch is as before. */
  add(entry: Entry): Promise<void>;
  /** What was added; the builder begins anew. */
  take(): Batch;
}

const capacity = 2 << 20;
const mostItems = 1000;

/** `umask` is that of the container. */
export function buildBatches(keep: Keep, umask: number): BatchBuilder {
  let buffer: Buffer | undefined;
  let length = 0;
  let items: BatchItem[] = [];
  const memberOf = (entry: Entry): TarMember => {
    const { mode, mtime, owner } = attributesOf(entry, keep, umask);
    return {
      name: tarName(entry.path),
      kind: entry.kind,
      mode,
      mtime: mtime ?? 0,
      uid: owner?.uid ?? 0,
      gid: owner?.gid ?? 0,
      size: entry.size,
      linkName: entry.kind === 'hardlink' ? tarName(entry.linkTarget) : entry.linkTarget,
    };
  };
  const lengthOf = (entry: Entry): number => tarHeaderLength(memberOf(entry)) + paddedLength(entry.size);
  return {
    get isEmpty() {
      return items.length === 0;
    },
    fits: (entry) => items.length === 0 || (items.length < mostItems && length + lengthOf(entry) <= capacity),
    async add(entry) {
      const member = memberOf(entry);
      buffer ??= Buffer.allocUnsafe(Math.max(capacity, lengthOf(entry)));
      const body = writeTarHeader(buffer, length, member);
      const behind = body + entry.size;
      if (entry.size > 0) await fill(buffer, body, entry);
      const end = body + paddedLength(entry.size);
      buffer.fill(0, behind, end);
      items.push({ entry: { ...entry, body: emptyBody, content: undefined }, start: length, body, end });
      length = end;
    },
    take() {
      const batch = { buffer: buffer ?? Buffer.alloc(0), items };
      [buffer, length, items] = [undefined, 0, []];
      return batch;
    },
  };
}

async function fill(buffer: Buffer, at: number, entry: Entry): Promise<void> {
  if (entry.content !== undefined) entry.content.copy(buffer, at);
  else for await (const piece of leavingBody(entry)) at += piece.copy(buffer, at);
}

/** The bytes of an archive with these items of a batch, as pieces whose sum is whole records. */
export function archiveOf({ buffer, items }: Batch): Buffer[] {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let at = 0; at < items.length;) {
    const start = items[at]?.start ?? 0;
    let end = start;
    while (items[at]?.start === end) end = items[at++]?.end ?? end;
    pieces.push(buffer.subarray(start, end));
    length += end - start;
  }
  return [...pieces, endOfArchive(length)];
}

/** The words that tell the receiver how long an archive is. */
export function archiveWords(pieces: readonly Buffer[]): string {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return `${tarRecord} ${length / tarRecord}`;
}

/** A path as tar and the shell take it: no name can be an option. */
export function tarName(path: Name): Name {
  return path === '' ? '.' : `./${path}`;
}
