import { constants, closeSync, fchmodSync, fchownSync, futimesSync, lchownSync, lutimesSync, openSync } from 'node:fs';
import type { Entry, Name, Report } from '../entry.ts';
import { fsPath } from './path.ts';
import { systemWords } from './problem.ts';

/** What an entry says of a file besides its content. */
export type Attributes = Pick<Entry, 'path' | 'mode' | 'mtime' | 'uid' | 'gid'>;

/** What of an entry, besides its content, is kept. */
export interface Keeping {
  /** Mode and time of modification. */
  readonly preserve: boolean;
  /** Owner and group, and with them setuid, setgid and sticky bits, which mean something else under another owner. */
  readonly sameOwner: boolean;
  readonly report: Report;
}

/** Gives an open file or directory what its entry has. What cannot be given is a warning. */
export function applyMetadata(fd: number, entry: Attributes, keeping: Keeping): void {
  const owned = keeping.sameOwner && tried(entry, keeping, 'owner', () => fchownSync(fd, entry.uid, entry.gid));
  if (!keeping.preserve) return;
  tried(entry, keeping, 'mode', () => fchmodSync(fd, entry.mode & (owned ? 0o7777 : 0o777)));
  tried(entry, keeping, 'time', () => futimesSync(fd, new Date(), timeOf(entry)));
}

/** The same for a symlink, which has no mode. */
export function applyToSymlink(full: Name, entry: Attributes, keeping: Keeping): void {
  if (keeping.sameOwner) tried(entry, keeping, 'owner', () => lchownSync(fsPath(full), entry.uid, entry.gid));
  if (keeping.preserve) tried(entry, keeping, 'time', () => lutimesSync(fsPath(full), new Date(), timeOf(entry)));
}

/** The same for a directory, which must be a real one. */
export function applyToDirectory(full: Name, entry: Attributes, keeping: Keeping): void {
  // Windows opens no directory, and has no modes.
  if (process.platform === 'win32') return;
  tried(entry, keeping, 'mode', () => {
    const fd = openSync(fsPath(full), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      applyMetadata(fd, entry, keeping);
    } finally {
      closeSync(fd);
    }
  });
}

/**
 * Node takes a negative number for the present; a Date it takes as it is. And it cuts a time after the microsecond, so that
 * one which was read is given a little more, or every copy of a copy would be older.
 */
function timeOf({ mtime }: Attributes): number | Date {
  if (mtime < 0) return new Date(mtime * 1000);
  return Number.isInteger(mtime) ? mtime : (Math.round(mtime * 1e6) + 0.25) / 1e6;
}

function tried(entry: Attributes, { report }: Keeping, what: string, apply: () => void): boolean {
  try {
    apply();
    return true;
  } catch (error) {
    report({ level: 'warning', path: entry.path, message: `its ${what} could not be kept: ${systemWords(error)}` });
    return false;
  }
}
