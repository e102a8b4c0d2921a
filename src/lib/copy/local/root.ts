import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { toName, type Name } from '../entry.ts';
import { fsPath } from './path.ts';
import { isSystemError, PathProblem } from './problem.ts';

/** What is at the destination that the user named. `full` is where it really is. */
export interface Root {
  readonly kind: 'nothing' | 'dangling' | 'file' | 'directory' | 'device';
  readonly full: Name;
}

/**
 * Looks at the destination through its symlinks, and makes the directories above it. A symlink to nothing is 'dangling'; a
 * FIFO, a terminal and whatever else takes bytes and is no file is a 'device'.
 */
export function inspectRoot(destination: Name): Root {
  const found = statSync(fsPath(destination), { throwIfNoEntry: false });
  if (found?.isSocket()) throw new PathProblem('it is a socket');
  if (found === undefined) {
    if (lstatSync(fsPath(destination), { throwIfNoEntry: false })) return { kind: 'dangling', full: destination };
    const above = fsPath(dirname(destination));
    // A directory that is there is not made: bun on Windows calls some of them EEXIST (https://github.com/oven-sh/bun/issues/43651).
    if (statSync(above, { throwIfNoEntry: false })?.isDirectory() !== true) mkdirSync(above, { recursive: true });
    return { kind: 'nothing', full: destination };
  }
  const real = found.isFile() || found.isDirectory() ? realPath(destination) : undefined;
  // A file without a name is reached through /dev/fd alone, and written as what else is.
  if (real === undefined) return { kind: 'device', full: destination };
  return { kind: found.isFile() ? 'file' : 'directory', full: real };
}

/** The directory that the entries of a tree go below, made if there is nothing. */
export function enterRoot(destination: Name, mode: number): { readonly base: Name; readonly made: boolean } {
  const { kind, full } = inspectRoot(destination);
  if (kind === 'directory') return { base: full, made: false };
  if (kind !== 'nothing') throw new PathProblem('it exists and is no directory');
  mkdirSync(fsPath(destination), mode);
  return { base: realPath(destination) ?? destination, made: true };
}

function realPath(path: Name): Name | undefined {
  try {
    return toName(realpathSync(fsPath(path), { encoding: 'buffer' }));
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
