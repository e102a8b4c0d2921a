import { lstatSync, mkdirSync } from 'node:fs';
import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';
import { below, fsPath } from './path.ts';
import { isSystemError, PathProblem } from './problem.ts';

const empty = /(^|\/)\.?(\/|$)/;
const escaping = /^\/|(^|\/)\.\.(\/|$)|\0/;
/** A backslash separates, and a colon is a drive or a stream. */
const escapingOnWindows = /[\\:]/;

/**
 * Refuses a name that is not of a thing below the root. Throws KX_COPY_UNSAFE_PATH for `..`, absolute names and NUL, which
 * only somebody who wants out of the destination writes; and a PathProblem for parts that are empty or `.`.
 */
export function checkName(path: Name): void {
  if (path === '') return;
  if (escaping.test(path) || (process.platform === 'win32' && escapingOnWindows.test(path))) {
    throw new KxError('KX_COPY_UNSAFE_PATH', `${displayName(path)} would be written outside of the destination`, {
      hint: 'the source is damaged, or somebody in the container wants to write to this machine; nothing was written there',
    });
  }
  if (empty.test(path)) throw new PathProblem('a part of its name is empty');
}

/** Where something goes. */
export interface Place {
  readonly full: Name;
  /** In a directory that this copy has made: nothing is there but what it has brought. */
  readonly isFresh: boolean;
}

/** The real directories below a destination. */
export interface Confinement {
  /**
   * The place of a thing that is no directory. What is above it are real directories now: those that are missing are
   * made, and anything else in their place is a PathProblem. No symlink is followed, whoever made it.
   */
  place(path: Name): Place;
  /** The same for a directory; `mode` when it is made. */
  directory(path: Name, mode: number): 'made' | 'found';
}

/**
 * Nothing is written outside of `base`, a real directory. A directory that was checked once is not checked again: the writer
 * never takes one away, and whoever else may write to the destination needs no container to harm its owner.
 */
export function confineTo(base: Name): Confinement {
  const real = new Map<Name, 'made' | 'found'>([['', 'found']]);

  function enter(path: Name, mode: number): 'made' | 'found' {
    const made = makeDirectory(below(base, path), mode);
    real.set(path, made);
    return made;
  }

  /** What became of the directory above. */
  function enterParents(path: Name): 'made' | 'found' {
    const end = path.lastIndexOf('/');
    const above = end === -1 ? '' : path.slice(0, end);
    const known = real.get(above);
    if (known !== undefined) return known;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      if (!real.has(parent)) enter(parent, 0o777);
    }
    return real.get(above) ?? 'found';
  }

  return {
    place(path) {
      checkName(path);
      const isFresh = enterParents(path) === 'made';
      return { full: below(base, path), isFresh };
    },
    directory(path, mode) {
      checkName(path);
      enterParents(path);
      return real.has(path) ? 'found' : enter(path, mode);
    },
  };
}

function makeDirectory(full: Name, mode: number): 'made' | 'found' {
  try {
    mkdirSync(fsPath(full), mode);
    return 'made';
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  }
  const existing = lstatSync(fsPath(full), { throwIfNoEntry: false });
  if (existing?.isDirectory()) return 'found';
  const what = existing?.isSymbolicLink() ? 'a symlink' : 'a file';
  throw new PathProblem(`${what} is where a directory is to be, and is not followed`);
}
