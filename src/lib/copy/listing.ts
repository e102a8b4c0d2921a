import { readdirSync, statSync, lstatSync } from 'node:fs';
import type { Name } from './entry.ts';
import { below, fsPath } from './local/path.ts';
import type { RemoteEnd } from './remote-end.ts';
import { rootScript, runScript } from './run-script.ts';
import { encodeWord } from './shell-word.ts';

/** What tells whether a file is the same without reading it. */
export interface Listed {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
}

/** What is in a tree, by path; '' is the root. Empty when there is nothing, or nothing that can be looked at. */
export type Listing = ReadonlyMap<Name, Listed>;

/** Lists a tree of this machine; only its root is followed as a symlink. */
export function listLocalTree(root: Name): Listing {
  const listing = new Map<Name, Listed>();
  const walk = (path: Name): void => {
    const place = fsPath(below(root, path));
    try {
      const stat = path === '' ? statSync(place) : lstatSync(place);
      const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
      listing.set(path, { kind, size: stat.size, mtime: Math.floor(stat.mtimeMs / 1000) });
      if (kind !== 'directory') return;
      for (const name of readdirSync(place, 'latin1')) walk(path === '' ? name : `${path}/${name}`);
    } catch {
      // What cannot be looked at is not known to be the same.
    }
  };
  walk('');
  return listing;
}

/** Lists a tree of a container, by find and stat of GNU, busybox or toybox. Where they are missing the list is empty. */
export function listRemoteTree(end: RemoteEnd, root: Name): Promise<Listing> {
  return runScript(end, listScript, [encodeWord(root)], ({ stdout }) => readListing(stdout.toString('latin1')));
}

const listScript = `LC_ALL=C; export LC_ALL; ${rootScript} { if [ -d "$kx_p" ]; then cd "$kx_p" && find . -exec stat -c "%f %s %Y %n" {} +; else stat -L -c "%f %s %Y ." "$kx_p"; fi; } 2>/dev/null`;

/** A name with a newline cannot be told from two lines: what is left of it is not in the list. */
function readListing(text: string): Listing {
  const listing = new Map<Name, Listed>();
  for (const line of text.split('\n')) {
    const [, mode, size, mtime, path] = /^([0-9a-f]+) (\d+) (-?\d+) \.(?:\/(.*))?$/s.exec(line) ?? [];
    if (mode === undefined) continue;
    const type = parseInt(mode, 16) & 0o170000;
    const kind = type === 0o100000 ? 'file' : type === 0o040000 ? 'directory' : 'other';
    listing.set(path ?? '', { kind, size: Number(size), mtime: Number(mtime) });
  }
  return listing;
}
