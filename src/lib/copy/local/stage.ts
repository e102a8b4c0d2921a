import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Name } from '../entry.ts';
import { below, fsPath } from './path.ts';
import { isSystemError } from './problem.ts';

// Windows has no O_NOFOLLOW: it is undefined there, and adds nothing.
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const longestName = 255;

/** A file on its way to its name. */
export interface Staged {
  readonly fd: number;
  readonly full: Name;
  /** Once; again is nothing, for the number may be of another file by then. */
  readonly close: () => void;
}

/** Opens a new file beside `full`, which may exist or not. `suffix` is what its name has in front of what is random in it. */
export function openStaged(full: Name, mode: number, suffix?: string): Staged {
  return withFreshName(full, suffix, (free) => {
    const fd = openSync(fsPath(free), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    let open = true;
    const close = (): void => {
      if (open) closeSync(fd);
      open = false;
    };
    return { fd, full: free, close };
  });
}

/** Closes and removes it. Never throws: either it has served, or something else has gone wrong already. */
export function discardStaged({ full, close }: Staged): void {
  for (const undo of [close, () => unlinkSync(fsPath(full))]) {
    try {
      undo();
    } catch {
      // Whoever removed it did what was to be done.
    }
  }
}

/** Calls `make` with a name beside `full`, `.NAME.kx-XXXXXX`, until it does not fail because something has that name. */
export function withFreshName<T>(full: Name, suffix = '.kx-', make: (free: Name) => T): T {
  for (;;) {
    try {
      return make(beside(full, suffix, randomMark()));
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    }
  }
}

function randomMark(): string {
  return Math.floor(Math.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
}

const randomLength = 6;

/** A hidden name beside `path`. The same suffix makes the same beginning, whatever random mark follows it. */
export function beside(path: Name, suffix: string, random = ''): Name {
  const folder = dirname(path);
  const name = `.${truncated(basename(path), longestName - 1 - suffix.length - randomLength)}${suffix}${random}`;
  return folder === '.' ? name : below(folder, name);
}

/** The beginning of a name, without half a character of UTF-8 at its end: macOS has no such names. */
function truncated(name: Name, length: number): Name {
  if (name.length <= length) return name;
  let end = length;
  while (end > 0 && isContinuation(name.charCodeAt(end))) end--;
  return name.slice(0, end);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
