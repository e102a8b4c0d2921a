import { chmodSync, lstatSync } from 'node:fs';
import type { Name } from '../entry.ts';
import { applyToDirectory, type Attributes, type Keeping } from './metadata.ts';
import { fsPath } from './path.ts';

/** What directories get when nothing more goes into them: a mode may forbid to write, and writing changes the time. */
export interface LateDirectories {
  /** `full` is a real directory of this destination. */
  add(full: Name, attributes: Attributes): void;
  /** Gives all of them what they get, the deepest first. */
  settle(keeping: Keeping): void;
}

export function createLateDirectories(): LateDirectories {
  const all = new Map<Name, Attributes>();
  return {
    add(full, { path, mode, mtime, uid, gid }) {
      all.set(full, { path, mode, mtime, uid, gid });
    },
    settle(keeping) {
      // What is in a directory has a longer name.
      const deepestFirst = [...all].sort(([a], [b]) => b.length - a.length);
      for (const [full, attributes] of deepestFirst) applyToDirectory(full, attributes, keeping);
      all.clear();
    },
  };
}

/** Lets its owner write to a directory that was there, until `settle`: an earlier copy may have left it read-only. */
export function makeFillable(full: Name): void {
  const { mode, uid } = lstatSync(fsPath(full));
  if ((mode & 0o700) !== 0o700 && uid === process.geteuid?.()) chmodSync(fsPath(full), (mode & 0o7777) | 0o700);
}
