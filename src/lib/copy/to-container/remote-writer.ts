import { KxError } from '../../errors/index.ts';
import { createReceiverNonce, startDelivery, type Delivery } from './delivery.ts';
import { displayName } from '../display-name.ts';
import type { Entry, Name, Remains, TreeWriter } from '../entry.ts';
import { finishDirectories } from './finish-directories.ts';
import { goOnWith } from './go-on.ts';
import { openFile } from './open-file.ts';
import { createPacking } from './packing.ts';
import { removeStaged } from './remove-staged.ts';
import { parentBase, treeBase } from './remote-base.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { isLoss } from '../retry.ts';
import { sendFile } from './send-file.ts';
import { createStagedFiles, leastKept, type StagedFile } from './staged-files.ts';
import { findTops } from './tops.ts';
import { buildBatches, tarName } from './tar-batch.ts';
import { packBatch, postByHand } from './unpacking.ts';
import type { RemoteWriterOptions, Writing } from './writing.ts';

/** Files up to this size go into batches. */
const largestInBatch = 1 << 20;

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
  const brought = new Set<Name>();
  // With `resume` it is removed before anything is sent.
  const isLeft = (prefix: Name): boolean =>
    options.resume === undefined && ![...brought].some((name) => name.startsWith(prefix));
  const mark = nonce.slice(6, 14);
  const files = createStagedFiles({ delivery: () => delivery, mark, isLeft, report, onStored, place });
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
    brought,
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
  if (path.includes('.kx-part-')) to.brought.add(tarName(path));
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
