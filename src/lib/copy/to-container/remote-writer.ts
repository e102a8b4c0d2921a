import { KxError } from '../../errors/index.ts';
import type { Keep } from './attributes.ts';
import type { Compression } from '../compression.ts';
import { createReceiverNonce, startDelivery, type Base, type Delivery } from './delivery.ts';
import { displayName } from '../display-name.ts';
import type { Entry, Name, Remains, Report, TreeWriter } from '../entry.ts';
import type { Answer } from './receive-script.ts';
import { goOnWith, type RemoteResume } from './go-on.ts';
import { createPacking } from './packing.ts';
import { removeStaged } from './remove-staged.ts';
import { parentBase, treeBase } from './remote-base.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { isLoss } from '../retry.ts';
import { sendFile } from './send-file.ts';
import { createStagedFiles, type StagedFile } from './staged-files.ts';
import { findTops, type Tops } from './tops.ts';
import { buildBatches, tarName, type BatchBuilder } from './tar-batch.ts';
import { destinationError, reasonOf } from './tool-words.ts';
import {
  packBatch,
  postByHand,
  postDirectories,
  postDirectoryAttributes,
  postMode,
  type Unpacking,
} from './unpacking.ts';

export interface RemoteWriterOptions extends Keep {
  /** The absolute or relative path in the container that '' of the tree is written to. Its parent must be there. */
  readonly destination: Name;
  readonly report: Report;
  /** As messages name the destination; undefined: as it is. */
  readonly shown?: Name | undefined;
  /** Whether the container has a tar. */
  readonly tar: boolean;
  /** undefined: nothing is compressed. */
  readonly compression?: Compression | undefined;
  /** Told what is compressed and why. */
  readonly log?: ((line: string) => void) | undefined;
  /**
   * The root is a directory that the entries leave out, and these are what the user named: a directory that is there keeps its
   * mode and time, and a file its inode.
   */
  readonly tops?: Tops | undefined;
  /** Marks the staging files of this run, eight hexadecimal digits: a later one takes them for its own. */
  readonly mark?: string | undefined;
  /** Go on with what earlier copies left of large files. */
  readonly resume?: RemoteResume | undefined;
}

/** Files up to this size go into batches. */
const largestInBatch = 1 << 20;
/** So many names are given to one chmod. */
const modesAtOnce = 100;
/** What there is of a file is kept from this size. */
const leastKept = 1 << 20;

/**
 * Writes a tree in a container, which needs sh and dd. Small files are unpacked by its tar, or made by hand where it has
 * none; large ones are staged beside their names. A directory that is there is merged into; a file that is the root and
 * there keeps its inode. Lost connections are made again, and what was acknowledged is not sent twice. When the last one is
 * lost, what is there of large files stays beside their names, and a copy with `resume` goes on with it.
 */
export function writeRemoteTree(end: RemoteEnd, options: RemoteWriterOptions): TreeWriter {
  let opened: Promise<Writing> | undefined;
  return {
    async write(entry) {
      checkPaths(entry);
      opened ??= open(end, options, entry);
      await writeEntry(await opened, entry);
    },
    async finish() {
      if (opened !== undefined) await finish(await opened);
    },
    abort: async (error) => {
      const to = await opened?.catch(() => undefined);
      return to === undefined ? nothing : abort(end, to, isLoss(error));
    },
  };
}

const nothing: Remains = { stored: { files: 0, bytes: 0 }, kept: 0, incomplete: [] };

/** A tree that is being written. */
interface Writing extends Unpacking {
  readonly options: RemoteWriterOptions;
  readonly nonce: string;
  readonly base: Base;
  readonly batches: BatchBuilder;
  readonly directories: Entry[];
  /** Files of batches that have a set-user-ID or set-group-ID bit. */
  readonly special: Entry[];
  readonly stored: { files: number; bytes: number };
  /** Of the tops those that are there. */
  readonly there: ReadonlyMap<Name, Entry['kind']>;
  /** How a file that is there was opened to be written over. */
  opened?: 'over' | 'direct';
}

async function open(end: RemoteEnd, options: RemoteWriterOptions, root: Entry): Promise<Writing> {
  const nonce = createReceiverNonce(options.mark);
  const [destination, shown] = [options.destination, options.shown ?? options.destination].map((name) =>
    name.replace(/(?<=.)\/+$/, ''),
  ) as [Name, Name];
  const place = (path: Name): Name => (path === '' ? shown : `${shown}/${path}`.replace(/^\/\//, '/'));
  const base = (root.path === '' && root.kind !== 'directory' ? parentBase : treeBase)(destination, shown);
  const { preserve, sameOwner, report } = options;
  const stored = { files: 0, bytes: 0 };
  const onStored = (bytes: number): void => {
    stored.files++;
    stored.bytes += bytes;
  };
  const files = createStagedFiles({ delivery: () => delivery, mark: nonce.slice(6, 14), report, onStored, place });
  const packing = createPacking(options.compression, options.log ?? (() => {}));
  const delivery: Delivery = startDelivery(end, {
    ...{ nonce, base, keepBatches: options.tar, packing },
    onReconnect: (ask) => files.compare(ask),
  });
  const keep = { preserve, sameOwner };
  const umask = preserve ? 0 : (await delivery.hello).umask;
  const { tops = new Map() } = options;
  const isThere = tops.size > 0 && (await delivery.hello).found === 'directory';
  const there = isThere ? await findTops(delivery, tops, place) : new Map<Name, Entry['kind']>();
  const batches = buildBatches(keep, umask);
  return {
    options,
    nonce,
    base,
    batches,
    directories: [],
    special: [],
    delivery,
    files,
    packing,
    report,
    keep,
    umask,
    place,
    late: [],
    stored,
    onStored,
    there,
  };
}

function checkPaths({ path, kind, linkTarget }: Entry): void {
  const inside = (name: Name): boolean =>
    !name.includes('\0') && name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if ((path === '' || inside(path)) && (kind !== 'hardlink' || inside(linkTarget)) && !linkTarget.includes('\0'))
    return;
  throw new KxError('KX_COPY_UNSAFE_PATH', `${displayName(path)} would be written outside of the destination`);
}

async function writeEntry(to: Writing, entry: Entry): Promise<void> {
  await to.delivery.room();
  const { path, kind } = entry;
  const there = to.there.get(path);
  if (there === 'directory' && kind === 'directory' && to.options.resume?.made !== true) return;
  if (there === 'file' && kind === 'file') return writeOver(to, entry, tarName(path));
  if (kind === 'directory') to.directories.push(entry);
  if (path === '' && kind === 'directory') return;
  if (path === '') return writeRoot(to, entry);
  if (kind === 'file' && (!to.options.tar || entry.size > largestInBatch)) {
    await flush(to);
    return sendLarge(to, to.files.begin(path, tarName(path)), entry);
  }
  // What is in a directory can be written whatever mode the directory is to have.
  const open = kind === 'directory' ? { ...entry, mode: entry.mode | 0o700 } : entry;
  if (!to.options.tar) {
    postByHand(to, open, Buffer.alloc(0));
    return;
  }
  if (kind === 'symlink' && to.keep.sameOwner) {
    // The tar of busybox does not give symlinks an owner.
    to.late.push(entry);
    return;
  }
  if (kind === 'file' && (entry.mode & 0o6000) !== 0) to.special.push(entry);
  if (!to.batches.fits(open)) await flush(to);
  await to.batches.add(open);
}

async function sendLarge(to: Writing, file: StagedFile, entry: Entry): Promise<void> {
  const { resume } = to.options;
  const canGoOn = resume !== undefined && file.how !== 'direct' && entry.size >= leastKept;
  return sendFile(to, file, canGoOn ? await goOnWith(to, file, entry, resume) : entry);
}

async function flush(to: Writing): Promise<void> {
  if (!to.batches.isEmpty) await packBatch(to, to.batches.take());
}

/** A root that is no directory: its errors are those of the whole. */
async function writeRoot(to: Writing, entry: Entry): Promise<void> {
  const { destination } = to.options;
  const final = tarName(destination.replace(/\/+$/, '').replace(/^.*\//s, ''));
  if (entry.kind !== 'file') {
    postByHand(to, entry, Buffer.alloc(0), final);
    return;
  }
  await writeOver(to, entry, final);
}

/** Writes a file that may be there, and then keeps its inode. */
async function writeOver(to: Writing, entry: Entry, final: Name): Promise<void> {
  const { path } = entry;
  const stage = to.files.nameStage(final);
  const how = (path === '' ? undefined : to.opened) ?? (await openFile(to, path, stage, final));
  if (how === undefined) return;
  if (how !== 'new') to.opened = how;
  await sendLarge(to, to.files.begin(path, final, how, how === 'direct' ? final : stage), entry);
}

/** Opens a file to be written: a staging file beside it, or, where nothing can be made there, itself. Undefined: it cannot be. */
async function openFile(to: Writing, path: Name, stage: Name, final: Name): Promise<StagedFile['how'] | undefined> {
  const answer = Promise.withResolvers<Answer>();
  to.delivery.post({ letter: 'o', words: '', names: [stage, final], answered: answer.resolve });
  await to.delivery.settled();
  const { status, words, said } = await answer.promise;
  if (status === 0) return words === 'over' || words === 'direct' ? words : 'new';
  const reason = reasonOf(said, 'it cannot be opened');
  if (path === '') throw destinationError(to.place(path), reason);
  to.report({ level: 'failure', path, message: reason });
  return undefined;
}

async function finish(to: Writing): Promise<void> {
  const { delivery, late } = to;
  await flush(to);
  await delivery.settled();
  for (const entry of late) {
    await delivery.room();
    postByHand(to, entry, Buffer.alloc(0));
  }
  await delivery.settled();
  await finishDirectories(to);
  await delivery.settled();
  await delivery.end();
}

/** What is kept of directories changes with what is written into them, or forbids it: it comes last, deepest first. */
async function finishDirectories(to: Writing): Promise<void> {
  const { delivery, options, special } = to;
  const found = (await delivery.hello).found;
  const isOpen = ({ mode }: Entry): boolean => (mode & 0o700) === 0o700;
  // A directory that was there before the copy stays as it is.
  const isOurs = found !== 'directory' || options.resume?.made === true;
  const made = to.directories.filter(({ path }) => path !== '' || isOurs).reverse();
  const byTar = options.tar && options.preserve ? made.filter(isOpen) : [];
  for (const entry of byTar) {
    await delivery.room();
    if (!to.batches.fits(entry)) postDirectories(to, to.batches.take());
    await to.batches.add(entry);
  }
  if (!to.batches.isEmpty) postDirectories(to, to.batches.take());
  // Some tars give modes to what they make only, and without these bits, unless root runs them.
  for (const [mode, entries] of Map.groupBy(
    options.preserve ? [...special, ...byTar] : [],
    ({ mode }) => mode & 0o7777,
  )) {
    for (let at = 0; at < entries.length; at += modesAtOnce) {
      await delivery.room();
      postMode(
        to,
        mode,
        entries.slice(at, at + modesAtOnce).map(({ path }) => path),
      );
    }
  }
  for (const entry of made) {
    if (isOpen(entry) && (options.tar || !options.preserve)) continue;
    await delivery.room();
    postDirectoryAttributes(to, entry);
  }
}

async function abort(end: RemoteEnd, to: Writing, isLost: boolean): Promise<Remains> {
  const { delivery, files, stored } = to;
  delivery.stop(new KxError('KX_CANCELED', 'the copy was given up', { ran: 'yes' }));
  if (delivery.latest === undefined) return nothing;
  const open = [...files.open].filter((file) => file.posted > 0);
  const inPlace = open.filter(({ how, committing }) => how === 'direct' || (how === 'over' && committing));
  const beside = open.filter(({ how }) => how !== 'direct');
  const kept = beside.filter((file) => isLost && !file.failed && file.posted >= leastKept);
  const staged = beside.filter((file) => !kept.includes(file));
  const before = delivery.latest;
  const names = staged.map(({ stage }) => stage);
  const left = await removeStaged(end, { nonce: to.nonce, base: to.base.directory, before, staged: names });
  const touched = [...delivery.touched(), ...inPlace.map(({ path }) => path)].map(to.place);
  // A staging file stands where its file would.
  const stages = staged
    .filter(({ stage }) => left.includes(stage))
    .map(({ path, stage }) => besidePlace(to.place(path), stage));
  return { stored, kept: kept.reduce((sum, file) => sum + file.stored, 0), incomplete: [...touched, ...stages] };
}

/** The whole name of a staging file, by that of its file. */
function besidePlace(place: Name, stage: Name): Name {
  return place.slice(0, place.lastIndexOf('/') + 1) + stage.slice(stage.lastIndexOf('/') + 1);
}
