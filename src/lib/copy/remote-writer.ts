import { KxError } from '../errors/index.ts';
import { attributesOf, type Keep } from './attributes.ts';
import { createReceiverNonce, startDelivery, type Base, type Delivery } from './delivery.ts';
import { displayName } from './display-name.ts';
import type { Entry, Name, Report, TreeWriter } from './entry.ts';
import { exactBody } from './exact-body.ts';
import type { Answer } from './receive-script.ts';
import { removeStaged } from './remove-staged.ts';
import type { RemoteEnd } from './remote-end.ts';
import { createStagedFiles, type StagedFile } from './staged-files.ts';
import { buildBatches, tarName, type BatchBuilder } from './tar-batch.ts';
import { destinationError, reasonOf } from './tool-words.ts';
import { postBatch, postByHand, postDirectories, postDirectoryAttributes, type Unpacking } from './unpacking.ts';

export interface RemoteWriterOptions extends Keep {
  /** The absolute or relative path in the container that '' of the tree is written to. Its parent must be there. */
  readonly destination: Name;
  readonly report: Report;
  /** Whether the container has a tar. */
  readonly tar: boolean;
}

/** Files up to this size go into batches. */
const largestInBatch = 1 << 20;
/** Large files are stored in parts of this size; the last one is up to a block larger. */
const partBytes = 4 << 20;
const block = 64 * 1024;

/**
 * Writes a tree in a container, which needs sh and dd. Small files are unpacked by its tar, or made by hand where it has
 * none; large ones are staged beside their names. A directory that is there is merged into; a file that is the root and
 * there keeps its inode. Lost connections are made again, and what was acknowledged is not sent twice.
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
    abort: async () => {
      const to = await opened?.catch(() => undefined);
      return to === undefined ? [] : abort(end, to);
    },
  };
}

/** A tree that is being written. */
interface Writing extends Unpacking {
  readonly options: RemoteWriterOptions;
  readonly nonce: string;
  readonly base: Base;
  readonly batches: BatchBuilder;
  readonly directories: Entry[];
}

async function open(end: RemoteEnd, options: RemoteWriterOptions, root: Entry): Promise<Writing> {
  const nonce = createReceiverNonce();
  const destination = options.destination.replace(/(?<=.)\/+$/, '');
  const place = (path: Name): Name => (path === '' ? destination : `${destination}/${path}`.replace(/^\/\//, '/'));
  const base = root.path === '' && root.kind !== 'directory' ? parentBase(destination) : treeBase(destination);
  const { preserve, sameOwner, report } = options;
  const files = createStagedFiles({ delivery: () => delivery, nonce: nonce.slice(6, 14), report, place });
  const delivery: Delivery = startDelivery(end, {
    ...{ nonce, base, keepBatches: options.tar },
    onReconnect: (ask) => files.compare(ask),
  });
  const keep = { preserve, sameOwner };
  const umask = preserve ? 0 : (await delivery.hello).umask;
  const batches = buildBatches(keep, umask);
  return { options, nonce, base, batches, directories: [], delivery, files, report, keep, umask, place, late: [] };
}

/** A directory that becomes the root, or is it already. */
function treeBase(destination: Name): Base {
  return {
    directory: shellPath(destination),
    check({ found }) {
      if (found === 'other') throw destinationError(destination, 'it is not a directory');
    },
    refused(said) {
      const reason = reasonOf(said, 'it cannot be made');
      return reason === 'No such file or directory'
        ? noDirectory(parentOf(destination))
        : destinationError(destination, reason);
    },
  };
}

/** The directory that a file is put into. */
function parentBase(destination: Name): Base {
  const parent = parentOf(destination);
  return {
    directory: shellPath(parent),
    check({ found }) {
      if (found === 'nothing') throw noDirectory(parent);
      if (found === 'other') throw destinationError(destination, `${displayName(parent)} is not a directory`);
    },
    refused: (said) => destinationError(destination, reasonOf(said, 'its directory cannot be entered')),
  };
}

function noDirectory(name: Name): KxError {
  return new KxError('KX_COPY_DESTINATION', `no such directory in the container: ${displayName(name)}`, { ran: 'yes' });
}

function parentOf(path: Name): Name {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}

/** No name is an option of `cd` or `mkdir`. */
function shellPath(path: Name): Name {
  return path.startsWith('/') ? path : `./${path}`;
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
  if (kind === 'directory') to.directories.push(entry);
  if (path === '' && kind === 'directory') return;
  if (path === '') return writeRoot(to, entry);
  if (kind === 'file' && (!to.options.tar || entry.size > largestInBatch)) {
    flush(to);
    return sendFile(to, to.files.begin(path, tarName(path)), entry);
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
  if (!to.batches.fits(open)) flush(to);
  await to.batches.add(open);
}

function flush(to: Writing): void {
  if (!to.batches.isEmpty) postBatch(to, to.batches.take());
}

/** A root that is no directory: its errors are those of the whole. */
async function writeRoot(to: Writing, entry: Entry): Promise<void> {
  const { destination } = to.options;
  const final = tarName(destination.replace(/\/+$/, '').replace(/^.*\//s, ''));
  if (entry.kind !== 'file') {
    postByHand(to, entry, Buffer.alloc(0), final);
    return;
  }
  const stage = to.files.nameStage(final);
  const answer = Promise.withResolvers<Answer>();
  to.delivery.post({ letter: 'o', words: '', names: [stage, final], answered: answer.resolve });
  await to.delivery.settled();
  const { status, words, said } = await answer.promise;
  if (status !== 0) throw destinationError(destination, reasonOf(said, 'it cannot be opened'));
  const how = words === 'over' || words === 'direct' ? words : 'new';
  await sendFile(to, to.files.begin('', final, how, how === 'direct' ? final : stage), entry);
}

async function sendFile(to: Writing, file: StagedFile, entry: Entry): Promise<void> {
  let left = entry.size;
  let wanted = nextPart(left);
  let pieces: Buffer[] = [];
  const post = async (): Promise<void> => {
    await to.delivery.room();
    if (!file.failed) to.files.part(file, pieces);
    [left, pieces] = [left - wanted, []];
    wanted = nextPart(left);
  };
  let collected = 0;
  if (entry.size === 0) to.files.part(file, []);
  else {
    for await (let piece of exactBody(entry)) {
      while (collected + piece.length >= wanted && wanted > 0) {
        pieces.push(piece.subarray(0, wanted - collected));
        piece = piece.subarray(wanted - collected);
        collected = 0;
        await post();
        if (file.failed) return;
      }
      if (piece.length > 0) pieces.push(piece);
      collected += piece.length;
    }
  }
  to.files.commit(file, attributesOf(entry, to.keep, to.umask));
}

/** A part that is not the first has at least one whole block, as the receiver cuts the file off where that begins. */
function nextPart(left: number): number {
  return left >= partBytes + block ? partBytes : left;
}

async function finish(to: Writing): Promise<void> {
  const { delivery, options, late } = to;
  flush(to);
  await delivery.settled();
  for (const entry of late) {
    await delivery.room();
    postByHand(to, entry, Buffer.alloc(0));
  }
  await delivery.settled();
  const found = (await delivery.hello).found;
  for (const entry of to.directories.reverse()) {
    // A directory that was there before the copy stays as it is; the others are complete with what `mkdir` gives them.
    if (entry.path === '' && found === 'directory') continue;
    if (!options.preserve && (entry.mode & 0o700) === 0o700) continue;
    await delivery.room();
    if (!options.tar) postDirectoryAttributes(to, entry);
    else {
      if (!to.batches.fits(entry)) postDirectories(to, to.batches.take());
      await to.batches.add(entry);
    }
  }
  if (!to.batches.isEmpty) postDirectories(to, to.batches.take());
  await delivery.settled();
  await delivery.end();
}

async function abort(end: RemoteEnd, to: Writing): Promise<readonly Name[]> {
  const { delivery, files } = to;
  delivery.stop(new KxError('KX_CANCELED', 'the copy was given up', { ran: 'yes' }));
  if (delivery.latest === undefined) return [];
  const open = [...files.open].filter((file) => file.posted > 0);
  const inPlace = open.filter(({ how, committing }) => how === 'direct' || (how === 'over' && committing));
  const staged = open.filter(({ how }) => how !== 'direct').map(({ stage }) => stage);
  const left = await removeStaged(end, { nonce: to.nonce, base: to.base.directory, before: delivery.latest, staged });
  const touched = [...delivery.touched(), ...inPlace.map(({ path }) => path)];
  const directory = to.base.directory.replace(/^\.\/|\/$/, '');
  return [...touched.map(to.place), ...left.map((name) => `${directory}/${name.slice(2)}`)];
}
