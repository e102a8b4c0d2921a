import { confineTo, type Confinement, type Place } from './confine.ts';
import type { Entry, Name } from '../entry.ts';
import { createCaseGuard } from './case.ts';
import { makeFillable, type LateDirectories } from './directories.ts';
import { writeHardlink, writeSymlink } from './link.ts';
import type { Keeping } from './metadata.ts';
import { below } from './path.ts';
import { enterRoot } from './root.ts';

interface Ground {
  readonly base: Name;
  /** The directory at `base` was not there before. */
  readonly made: boolean;
  readonly inside: Confinement;
}

/**
 * Writes the entries of a tree whose root is a directory, and that directory; the first one makes or enters it. One that was
 * there keeps its mode and time, unless it `isOurs`; so does, with `hasTops`, each directory in it.
 */
export function writeBelow(
  destination: Name,
  keeping: Keeping,
  directories: LateDirectories,
  isOurs: boolean,
  hasTops: boolean,
  putFile: (entry: Entry, place: Place) => Promise<void>,
): (entry: Entry) => Promise<void> {
  const guard = createCaseGuard();
  let ground: Ground | undefined;

  function enter(mode: number): Ground {
    if (ground !== undefined) return ground;
    const root = enterRoot(destination, mode);
    ground = { ...root, inside: confineTo(root.base) };
    return ground;
  }

  function putDirectory(entry: Entry): void {
    const mode = keeping.preserve ? 0o700 : (entry.mode & 0o777) | 0o700;
    const { base, made, inside } = enter(mode);
    const isNew = entry.path === '' ? made : inside.directory(entry.path, mode) === 'made';
    const isNamed = entry.path === '' || (hasTops && !entry.path.includes('/'));
    if (isNamed && !isNew && !isOurs) return;
    const full = below(base, entry.path);
    if (!isNew && keeping.preserve) makeFillable(full);
    directories.add(full, entry);
  }

  return async (entry) => {
    if (entry.kind === 'directory') {
      putDirectory(entry);
      return;
    }
    const { inside } = enter(0o777);
    const place = inside.place(entry.path);
    const { full } = place;
    guard.check(entry.path);
    if (entry.kind === 'file') await putFile(entry, place);
    else if (entry.kind === 'symlink') writeSymlink(entry, full, keeping);
    else writeHardlink(entry, full, inside);
    guard.wrote(entry.path, full);
  };
}
