import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { emptyBody, onePiece, type Entry, type Name, type Report } from '../entry.ts';
import { readLarge, readSmall, smallBytes } from './body.ts';
import { fsPath } from './path.ts';
import { PathProblem } from './problem.ts';

/** An entry that was read. */
export interface Found {
  readonly entry: Entry;
  /** To be called when its body is of no more use. */
  readonly release?: () => Promise<void>;
}

/** What all kinds of entries have of what the system says of them. */
export function entryOf(path: Name, stats: Stats, kind: Entry['kind'], linkTarget: Name = ''): Entry {
  const { mode, mtimeMs, uid, gid } = stats;
  return { path, kind, mode: mode & 0o7777, mtime: mtimeMs / 1000, uid, gid, size: 0, linkTarget, body: emptyBody };
}

/** Reads regular files, and remembers those of several names. `follow`: `full` may be a symlink. */
export function createFileReader(report: Report): (path: Name, full: Name, stats: Stats, follow: boolean) => Found {
  const names = new Map<string, Name>();

  /** The path that this file was read under before. */
  function firstName(fd: number, path: Name): Name | undefined {
    // A number is not exact: overlayfs has inodes beyond 2^53.
    const { dev, ino } = fstatSync(fd, { bigint: true });
    const key = `${dev}:${ino}`;
    const first = names.get(key);
    if (first === undefined) names.set(key, path);
    return first;
  }

  return (path, full, stats, follow) => {
    // It waits for nobody, should a FIFO be there by now.
    const fd = openSync(fsPath(full), constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW));
    let release: (() => Promise<void>) | undefined;
    try {
      const first = stats.nlink > 1 ? firstName(fd, path) : undefined;
      if (first !== undefined) return { entry: entryOf(path, stats, 'hardlink', first) };
      if (stats.size <= smallBytes) return { entry: small(fd, path, stats, report) };
      const now = fstatSync(fd);
      const { body, after, settle } = readLarge(fd, now, path, full, report);
      release = () => settle().finally(() => closeSync(fd));
      return { entry: { ...entryOf(path, now, 'file'), size: now.size, body, after }, release };
    } finally {
      if (release === undefined) closeSync(fd);
    }
  };
}

function small(fd: number, path: Name, stats: Stats, report: Report): Entry {
  const content = readSmall(fd, stats.size);
  if (content === undefined) throw new PathProblem('it has more than its size says');
  if (content.length !== stats.size && stats.size > 0) {
    report({ level: 'warning', path, message: 'changed while it was read' });
  }
  if (content.length === 0) return entryOf(path, stats, 'file');
  return { ...entryOf(path, stats, 'file'), size: content.length, content, body: onePiece(content) };
}
