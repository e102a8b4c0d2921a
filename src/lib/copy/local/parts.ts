import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { read, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Entry, Name } from '../entry.ts';
import { sumUp } from '../prefix.ts';
import { below, fsPath } from './path.ts';
import { beside, discardStaged, type Staged } from './stage.ts';

const { O_RDWR, O_APPEND, O_NOFOLLOW } = constants;
const readPiece = promisify(read);
const pieceBytes = 1 << 20;

/** What there is of a smaller file is not kept: it is sent as fast as it would be compared. */
export const leastKept = 1 << 20;
const keptSuffix = '.kx-part';

/** How an earlier copy is gone on with. */
export interface LocalResume {
  /** What the staged files of earlier runs are marked with, which are over. */
  readonly marks: readonly string[];
  /** Files of the source that are not copied: what has one of these names is a file like others. */
  readonly leftOut: readonly Name[];
  /** The root was made by one of those runs: it gets its mode and time. */
  readonly made: boolean;
}

/** The parts of large files that are kept beside their names, as `.NAME.kx-part`. */
export interface Parts {
  /**
   * What is to be written to a staged file: the whole body, or, behind what an earlier copy left and is now in it, the rest. The
   * file that is given is not to be used any more, also when this rejects.
   */
  fill(entry: Entry, full: Name, staged: Staged): Promise<{ readonly staged: Staged; readonly entry: Entry }>;
  /** Keeps what has arrived of a file. Never throws. */
  keep(full: Name, staged: Staged): void;
  /** Removes what an earlier copy left of a file that is whole now. Never throws. */
  remove({ path, size }: Entry, full: Name): void;
  /** Tells that the copy itself has brought this path. */
  brought(path: Name): void;
  /** Bytes that were kept. */
  readonly kept: number;
}

/** `resume` is undefined where nothing is to be gone on with. */
export function createParts(resume: LocalResume | undefined): Parts {
  /** Files of the source that are named like what is kept. */
  const taken = new Set((resume?.leftOut ?? []).filter(isKeptName));
  let kept = 0;

  const isTaken = (path: Name): boolean => path !== '' && taken.has(keptPlace(path));

  /** What earlier copies left of a file, the largest last. */
  function find(path: Name, full: Name): Name[] {
    const orphans = (resume?.marks ?? []).map((mark) => beside(full, stagedSuffix(mark)));
    const found = siblings(full, orphans.length).filter((name) => orphans.some((orphan) => name.startsWith(orphan)));
    if (!isTaken(path)) found.push(keptPlace(full));
    return found.filter(isOwnFile).sort((a, b) => sizeOf(a) - sizeOf(b));
  }

  function keep(full: Name, staged: Staged): void {
    const place = keptPlace(full);
    const size = sizeOf(staged.full);
    staged.close();
    try {
      // What was staged elsewhere would not be found.
      const isBeside = dirname(staged.full) === dirname(full);
      if (!isBeside || size < leastKept || (isOwnFile(place) && sizeOf(place) > size)) return discardStaged(staged);
      renameSync(fsPath(staged.full), fsPath(place));
      kept += size;
    } catch {
      discardStaged(staged);
    }
  }

  return {
    async fill(entry, full, staged) {
      if (resume === undefined || entry.after === undefined || entry.size < leastKept) return { staged, entry };
      const found = find(entry.path, full);
      const best = found.pop();
      found.forEach(unlinkQuietly);
      if (best === undefined) return { staged, entry };
      let over = staged;
      try {
        over = takeOver(best, staged);
        const length = fstatSync(over.fd).size;
        const useful = length > 0 && length <= entry.size;
        const rest = useful ? await entry.after(await sumUp(beginning(over.fd, length))) : undefined;
        if (rest !== undefined) return { staged: over, entry: { ...entry, size: entry.size - length, body: rest } };
        ftruncateSync(over.fd);
        return { staged: over, entry };
      } catch (error) {
        // What there was is worth as much as before.
        keep(full, over);
        throw error;
      }
    },
    keep,
    remove({ path, size }, full) {
      if (size < leastKept || isTaken(path)) return;
      const place = keptPlace(full);
      if (isOwnFile(place)) unlinkQuietly(place);
    },
    brought(path) {
      if (isKeptName(path)) taken.add(path);
    },
    get kept() {
      return kept;
    },
  };
}

function isKeptName(path: Name): boolean {
  return path.endsWith(keptSuffix);
}

function keptPlace(path: Name): Name {
  return beside(path, keptSuffix);
}

/** What the name of a staged file has behind that of its file, up to what is different in each. */
export function stagedSuffix(mark: string): string {
  return `.kx-${mark}-`;
}

/** What is in the folder of a file. */
function siblings(full: Name, wanted: number): Name[] {
  if (wanted === 0) return [];
  try {
    const folder = dirname(full);
    return readdirSync(fsPath(folder), 'latin1').map((name) => (folder === '.' ? name : below(folder, name)));
  } catch {
    return [];
  }
}

/** A regular file with one name that belongs to this user: nothing else was left by a copy. */
function isOwnFile(full: Name): boolean {
  const stat = lstatSync(fsPath(full), { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.nlink === 1 && stat.uid === (process.geteuid?.() ?? stat.uid);
}

function sizeOf(full: Name): number {
  return lstatSync(fsPath(full), { throwIfNoEntry: false })?.size ?? 0;
}

function unlinkQuietly(full: Name): void {
  try {
    unlinkSync(fsPath(full));
  } catch {
    // It may be gone, or stay.
  }
}

/** Puts what was left in the place of a staged file that is empty. What is written to it comes behind. */
function takeOver(part: Name, staged: Staged): Staged {
  const { mode } = fstatSync(staged.fd);
  staged.close();
  try {
    renameSync(fsPath(part), fsPath(staged.full));
  } catch {
    // The staged file is as good, and empty.
  }
  const fd = openSync(fsPath(staged.full), O_RDWR | O_APPEND | O_NOFOLLOW);
  fchmodSync(fd, mode & 0o777);
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return { fd, full: staged.full, close };
}

async function* beginning(fd: number, length: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let at = 0; at < length;) {
    const { bytesRead } = await readPiece(fd, buffer, 0, Math.min(pieceBytes, length - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
