import { linkSync, lstatSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import type { Confinement } from './confine.ts';
import type { Entry, Name } from '../entry.ts';
import { applyToSymlink, type Keeping } from './metadata.ts';
import { fsPath } from './path.ts';
import { isSystemError, PathProblem } from './problem.ts';
import { withFreshName } from './stage.ts';

/**
 * Makes a symlink with the text that its entry has, wherever that leads: `cp -r` and tar do so, a tree that is copied back
 * and forth has to come out the same, and text does no harm to a writer that follows no symlink (confineTo).
 */
export function writeSymlink(entry: Entry, full: Name, keeping: Keeping): void {
  if (entry.linkTarget === '' || entry.linkTarget.includes('\0')) throw new PathProblem('a symlink without a text');
  put(full, (free) => symlinkSync(fsPath(entry.linkTarget), fsPath(free)));
  applyToSymlink(full, entry, keeping);
}

/**
 * Makes a hard link to a file that this destination has; to a symlink it is a symlink of the same text, for link(2) follows
 * on some systems. That the name is one of this destination is checked as for any entry.
 */
export function writeHardlink(entry: Entry, full: Name, inside: Confinement): void {
  if (entry.linkTarget === '') throw new PathProblem('a hard link to the root of the copy');
  const target = inside.place(entry.linkTarget).full;
  const existing = lstatSync(fsPath(target), { throwIfNoEntry: false });
  if (existing?.isSymbolicLink()) {
    const text = readlinkSync(fsPath(target), { encoding: 'buffer' });
    put(full, (free) => symlinkSync(text, fsPath(free)));
  } else if (existing?.isFile()) {
    if (target !== full) put(full, (free) => linkSync(fsPath(target), fsPath(free)));
  } else {
    throw new PathProblem('the file that it is a hard link to is not there');
  }
}

/** Makes a link under its name, in place of a file or symlink that has it. A directory stays. */
function put(full: Name, make: (free: Name) => void): void {
  try {
    make(full);
    return;
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  }
  if (lstatSync(fsPath(full)).isDirectory()) throw new PathProblem('a directory is where a link is to be');
  const staged = withFreshName(full, undefined, (free) => {
    make(free);
    return free;
  });
  try {
    renameSync(fsPath(staged), fsPath(full));
  } finally {
    // Of two names of one file rename(2) leaves both.
    unlinkIfThere(staged);
  }
}

function unlinkIfThere(full: Name): void {
  try {
    unlinkSync(fsPath(full));
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}
