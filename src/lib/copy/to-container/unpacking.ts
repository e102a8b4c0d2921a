import { attributesOf, attributeWords, type Keep } from './attributes.ts';
import type { Delivery } from './delivery.ts';
import type { Entry, Name, Report } from '../entry.ts';
import type { Packed, Packing } from './packing.ts';
import type { Parcel } from './parcel.ts';
import type { Answer } from './receive-script.ts';
import type { StagedFiles } from './staged-files.ts';
import { archiveOf, archiveWords, tarName, type Batch, type BatchItem } from './tar-batch.ts';
import { destinationError, reasonOf, remarksOf, throwIfHopeless } from './tool-words.ts';

/** What entries are made with in the container. */
export interface Unpacking {
  readonly delivery: Delivery;
  readonly files: StagedFiles;
  readonly packing: Packing;
  readonly report: Report;
  readonly keep: Keep;
  readonly umask: number;
  /** The whole name of a path in the container. */
  readonly place: (path: Name) => Name;
  /** Links that are made by hand when every file is there: hard links of batches that failed, and what tar cannot make. */
  readonly late: Entry[];
  /** Counts a file that is whole, and its bytes. */
  readonly onStored: (bytes: number) => void;
}

type MakeByHand = (to: Unpacking, entry: Entry, body: Buffer) => void;

/** Unpacks a batch by tar, compressed on its way where that is worth it. */
export async function packBatch(to: Unpacking, batch: Batch): Promise<void> {
  postBatch(to, batch, postByHand, await to.packing.pack(archiveOf(batch)));
}

/**
 * Unpacks a batch by tar; `packed` is its archive. When tar fails, what it names is made by hand, and the rest is unpacked again in halves: some
 * tars stop at the first file that they cannot make, and none tells reliably what it made.
 */
function postBatch(to: Unpacking, batch: Batch, byHand: MakeByHand, packed?: Packed): void {
  const payload = archiveOf(batch);
  const options = `-x${to.keep.preserve ? 'p' : 'm'}${to.keep.sameOwner ? '' : 'o'}`;
  // Not every tar does without the umask.
  const umask = to.keep.preserve ? '0' : to.umask.toString(8);
  const words = `${archiveWords(payload)} ${options} ${umask}`;
  const answered = ({ status, said }: Answer): void => {
    throwIfHopeless(said, to.place(''));
    if (status !== 0) return unpackOtherwise(to, batch, said, byHand);
    remark(to.report, batch.items, said);
    for (const { entry } of batch.items) if (entry.kind === 'file') to.onStored(entry.size);
  };
  const touches = (): Name[] => batch.items.filter(({ entry }) => entry.size > 0).map(({ entry }) => entry.path);
  const split = (limit: number): void => splitBatch(to, batch, limit, byHand);
  to.delivery.post({ letter: 't', words, names: [], payload, packed, answered, touches, split });
}

/** Posts a batch as smaller ones. A file that is too large for one is made by hand, in parts. */
function splitBatch(to: Unpacking, { buffer, items }: Batch, limit: number, byHand: MakeByHand): void {
  let group: BatchItem[] = [];
  const flush = (): void => {
    if (group.length > 0) postBatch(to, { buffer, items: group }, byHand);
    group = [];
  };
  for (const item of items) {
    const [first = item] = group;
    if (item.end - first.start > limit) flush();
    if (item.end - item.start <= 2 * limit) {
      group.push(item);
      continue;
    }
    flush();
    byHand(to, item.entry, buffer.subarray(item.body, item.body + item.entry.size));
  }
  flush();
}

function unpackOtherwise(to: Unpacking, batch: Batch, said: readonly Name[], byHand: MakeByHand): void {
  const links = batch.items.filter(({ entry }) => entry.kind === 'hardlink');
  to.late.push(...links.map(({ entry }) => entry));
  const items = batch.items.filter(({ entry }) => entry.kind !== 'hardlink');
  const named = new Set(items.length === 1 ? items : said.map((line) => namedIn(line, items)));
  for (const { entry, body } of items.filter((item) => named.has(item))) {
    byHand(to, entry, batch.buffer.subarray(body, body + entry.size));
  }
  const rest = items.filter((item) => !named.has(item));
  const half = Math.ceil(rest.length / 2);
  for (const part of [rest.slice(0, half), rest.slice(half)]) {
    if (part.length > 0) postBatch(to, { buffer: batch.buffer, items: part }, byHand);
  }
}

/** The item that a message is about: the longest path that stands in it. */
function namedIn(line: Name, items: readonly BatchItem[]): BatchItem | undefined {
  let found: BatchItem | undefined;
  for (const item of items) {
    const { path } = item.entry;
    if (path !== '' && path.length > (found?.entry.path.length ?? 0) && line.includes(`./${path}`)) found = item;
  }
  return found;
}

function remark(report: Report, items: readonly BatchItem[], said: readonly Name[]): void {
  for (const message of remarksOf(said))
    report({ level: 'warning', path: namedIn(message, items)?.entry.path ?? '', message });
}

/** Unpacks directories once more, to give them what is kept of them when everything is in them. */
export function postDirectories(to: Unpacking, batch: Batch): void {
  postBatch(to, batch, postDirectoryAttributes);
}

/** Makes one entry with the tools of the shell; `body` is that of a small file. A failure of the root throws. */
export function postByHand(to: Unpacking, entry: Entry, body: Buffer, final = tarName(entry.path)): void {
  const { path } = entry;
  const attributes = attributesOf(entry, to.keep, to.umask);
  const answered = ({ status, said }: Answer): void => {
    throwIfHopeless(said, to.place(path));
    const reason = reasonOf(said, 'it could not be made');
    if (status !== 0 && path === '') throw destinationError(to.place(path), reason);
    if (status !== 0) to.report({ level: 'failure', path, message: reason });
    else for (const message of remarksOf(said)) to.report({ level: 'warning', path, message });
  };
  const post = (letter: string, words: string, names: Name[]): void =>
    to.delivery.post({ letter, words, names, answered });
  switch (entry.kind) {
    case 'directory':
      return post('d', '', [final]);
    case 'symlink':
      return post('l', `- ${attributeWords(attributes)}`, [entry.linkTarget, final]);
    case 'hardlink':
      return post('k', '', [tarName(entry.linkTarget), final]);
    case 'file': {
      const file = to.files.begin(path, final);
      to.files.part(file, [body]);
      to.files.commit(file, attributes);
    }
  }
}

/** Gives a directory what is kept of it, when everything is in it. That it cannot be had is only a warning. */
export function postDirectoryAttributes(to: Unpacking, entry: Entry): void {
  const words = `- ${attributeWords(attributesOf(entry, to.keep, to.umask))}`;
  to.delivery.post({ letter: 'a', words, names: [tarName(entry.path)], answered: warner(to.report, entry.path) });
}

/** Gives a mode to what tar may have left without it. */
export function postMode(to: Unpacking, mode: number, paths: readonly Name[]): void {
  const words = `${mode.toString(8)} ${paths.length}`;
  to.delivery.post({ letter: 'g', words, names: paths.map(tarName), answered: warner(to.report, '') });
}

function warner(report: Report, path: Name): Parcel['answered'] {
  return ({ said }) => {
    for (const message of remarksOf(said)) report({ level: 'warning', path, message });
  };
}
