import { lstatSync, renameSync, writeSync } from 'node:fs';
import type { Entry, Name } from '../entry.ts';
import { isLoss } from '../retry.ts';
import type { Place } from './confine.ts';
import { applyMetadata, type Keeping } from './metadata.ts';
import { overwrite, stageForOverwriting } from './overwrite.ts';
import { stagedSuffix, type Parts } from './parts.ts';
import { fsPath } from './path.ts';
import { PathProblem } from './problem.ts';
import { collectBody, pour } from './pour.ts';
import { discardStaged, openStaged, type Staged } from './stage.ts';

/** Up to this size a file is written in one go, without a turn of the event loop. */
const smallBytes = 256 << 10;

export interface FileKeeping extends Keeping {
  /** Marks the staged files of this run. */
  readonly mark?: string | undefined;
}

/**
 * Writes a file that has its name only when it is whole: a new one, or one in place of a symlink, is renamed to it. A
 * regular file that exists keeps its inode, with its links and open readers: it is overwritten when everything has arrived,
 * and `overwriting` is told true before that and false when it is whole again. What has arrived of a large one when the
 * connection is lost is kept.
 */
export async function writeFile(
  entry: Entry,
  { full, isFresh }: Place,
  keeping: FileKeeping,
  parts: Parts,
  overwriting: (now: boolean) => void,
): Promise<void> {
  const exists = !isFresh && isRegular(full);
  if (entry.size > smallBytes) {
    await writeLarge(entry, full, keeping, parts, exists, overwriting);
    parts.remove(entry, full);
    return;
  }
  const content = entry.content ?? (await collectBody(entry));
  if (exists) return overwrite(entry, full, keeping, content, overwriting);
  const staged = stage(entry, full, keeping, false);
  try {
    writeWhole(staged.fd, content);
    rename(entry, staged, full, keeping);
  } catch (error) {
    discardStaged(staged);
    throw error;
  }
}

async function writeLarge(
  entry: Entry,
  full: Name,
  keeping: FileKeeping,
  parts: Parts,
  exists: boolean,
  overwriting: (now: boolean) => void,
): Promise<void> {
  const { staged, entry: rest } = await parts.fill(entry, full, stage(entry, full, keeping, exists));
  try {
    await pour(rest, staged.fd);
    // It takes its time, and somebody else may have used it.
    if (isRegular(full)) {
      await overwrite(entry, full, keeping, staged.fd, overwriting);
      discardStaged(staged);
    } else {
      rename(entry, staged, full, keeping);
    }
  } catch (error) {
    if (isLoss(error)) parts.keep(full, staged);
    else discardStaged(staged);
    throw error;
  }
}

/** Whether there is a regular file: false for nothing and for a symlink, a PathProblem for what cannot be replaced. */
function isRegular(full: Name): boolean {
  const existing = lstatSync(fsPath(full), { throwIfNoEntry: false });
  if (existing === undefined || existing.isSymbolicLink()) return false;
  if (existing.isFile()) return true;
  throw new PathProblem(existing.isDirectory() ? 'a directory is where a file is to be' : 'it exists and is no file');
}

function stage(entry: Entry, full: Name, { preserve, mark }: FileKeeping, exists: boolean): Staged {
  const suffix = mark === undefined ? undefined : stagedSuffix(mark);
  if (exists) return stageForOverwriting(full, suffix);
  return openStaged(full, preserve ? 0o600 : entry.mode & 0o777, suffix);
}

function rename(entry: Entry, staged: Staged, full: Name, keeping: Keeping): void {
  applyMetadata(staged.fd, entry, keeping);
  // Some file systems tell only when a file is closed that it did not fit.
  staged.close();
  renameSync(fsPath(staged.full), fsPath(full));
}

function writeWhole(fd: number, content: Buffer): void {
  for (let written = 0; written < content.length;) written += writeSync(fd, content, written);
}
