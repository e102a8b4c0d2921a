import { readdirSync, statSync, lstatSync } from 'node:fs';
import type { Name } from './entry.ts';
import { below, fsPath } from './local/path.ts';
import type { RemoteEnd } from './remote-end.ts';
import { rootScript, runScript } from './run-script.ts';
import { encodeWord } from './shell-word.ts';

/** What tells whether a file is the same without reading it. */
export interface Listed {
  /** 'other': what no copy takes. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** The same for all names of one file, where it may have several. */
  readonly inode?: string;
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
      const kind = kindOf(stat.mode);
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

/** What is in a tree of a container. */
export interface RemoteListing {
  readonly listing: Listing;
  /** Nothing is missing in it: everything could be looked at, and no name has a newline. */
  readonly exact: boolean;
}

/** Lists a tree of a container, by find and stat of GNU, busybox or toybox. Where they are missing the list is empty. */
export function listRemoteTree(end: RemoteEnd, root: Name): Promise<RemoteListing> {
  return runScript(end, listScript, [encodeWord(root)], ({ stdout, stderr, status }) => {
    const { listing, exact } = readListing(stdout.toString('latin1'));
    // Not every find tells by its exit code that a stat has failed.
    return { listing, exact: exact && listing.has('') && status.code === 0 && stderr.length === 0 };
  });
}

/** A name with a newline cannot be told from two lines: a line that is none of the list stands for it. */
const listScript = [
  `LC_ALL=C; export LC_ALL; ${rootScript} kx_nl=$(printf "\\n."); kx_nl=\${kx_nl%.}; kx_s="%f %s %Y %h %d:%i";`,
  'if [ -d "$kx_p" ]; then cd "$kx_p" && find . -name "*$kx_nl*" -exec echo newline \\; -o -exec stat -c "$kx_s %n" {} +;',
  'else stat -L -c "$kx_s ." "$kx_p"; fi',
].join(' ');

function readListing(text: string): RemoteListing {
  const listing = new Map<Name, Listed>();
  const lines = text.split('\n');
  let exact = lines.pop() === '';
  for (const line of lines) {
    const [, mode, size, mtime, links, inode = '', path] =
      /^([0-9a-f]+) (\d+) (-?\d+) (\d+) (\d+:\d+) \.(?:\/(.*))?$/s.exec(line) ?? [];
    if (mode === undefined) {
      exact = false;
      continue;
    }
    const kind = kindOf(parseInt(mode, 16));
    const several = kind === 'file' && links !== '1' ? { inode } : {};
    listing.set(path ?? '', { kind, size: Number(size), mtime: Number(mtime), ...several });
  }
  return { listing, exact };
}

const kinds: Readonly<Record<number, Listed['kind']>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
};

function kindOf(mode: number): Listed['kind'] {
  return kinds[mode & 0o170000] ?? 'other';
}
