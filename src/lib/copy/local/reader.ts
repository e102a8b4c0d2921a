import { lstatSync, readdirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import { toName, type Entry, type Name, type Report, type TreeReader } from '../entry.ts';
import type { Filter } from '../filter.ts';
import { below, fsPath } from './path.ts';
import { isSystemError, PathProblem, systemWords } from './problem.ts';
import { createFileReader, entryOf, type Found } from './source.ts';

export interface LocalReaderOptions {
  readonly path: string | Buffer;
  readonly filter: Filter;
  readonly report: Report;
  /** When the root is a symlink, what it leads to is the root. */
  readonly followRoot: boolean;
}

/**
 * Reads a file, a symlink or a tree of this machine. Names are in the order of their bytes. Of a file with several names the
 * later ones are hard links. What is neither file, directory nor symlink is left out with a warning, what cannot be read
 * with a failure; a root that is either is KX_COPY_SOURCE. The body of a file that became shorter rejects with
 * KX_COPY_INCOMPLETE, and of one that cannot be read on with KX_COPY_SOURCE.
 */
export function readLocalTree(options: LocalReaderOptions): TreeReader {
  return { entries: () => walk(options) };
}

async function* walk({ path: root, filter, report, followRoot }: LocalReaderOptions): AsyncGenerator<Entry> {
  const base = toName(root);
  const readFile = createFileReader(report);
  const pending: Name[] = [''];

  function take(path: Name): Found | undefined {
    const full = below(base, path);
    const follow = path === '' && followRoot;
    const stats = follow ? statSync(fsPath(full)) : lstatSync(fsPath(full));
    if (!filter(path, stats.isDirectory())) return undefined;
    if (stats.isFile()) return readFile(path, full, stats, follow);
    if (stats.isSymbolicLink()) return { entry: symlink(path, full, stats) };
    if (!stats.isDirectory()) {
      skip(path, full, kindOf(stats));
      return undefined;
    }
    const names = attempt(path, () => children(path, full)) ?? [];
    for (const name of names.reverse()) pending.push(name);
    return { entry: entryOf(path, stats, 'directory') };
  }

  function skip(path: Name, full: Name, kind: string): void {
    if (path === '') throw new KxError('KX_COPY_SOURCE', `${displayName(full)} is ${kind}: its end is not known`);
    report({ level: 'warning', path, message: `skipped: ${kind}` });
  }

  function attempt<T>(path: Name, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof PathProblem)) throw error;
      const words = systemWords(error);
      if (path === '')
        throw new KxError('KX_COPY_SOURCE', `cannot read ${displayName(base)}: ${words}`, { cause: error });
      report({ level: 'failure', path, message: `not read: ${words}` });
      return undefined;
    }
  }

  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const name = path;
    const found = attempt(name, () => take(name));
    if (found === undefined) continue;
    try {
      yield found.entry;
    } finally {
      await found.release?.();
    }
  }
}

/** The paths of what is in a directory, in order. */
function children(path: Name, full: Name): Name[] {
  const names = readdirSync(fsPath(full), { encoding: 'buffer' }).map((name) => name.toString('latin1'));
  return names.sort().map((name) => (path === '' ? name : `${path}/${name}`));
}

function symlink(path: Name, full: Name, stats: Stats): Entry {
  const text = readlinkSync(fsPath(full), { encoding: 'buffer' }).toString('latin1');
  return entryOf(path, stats, 'symlink', text);
}

function kindOf(stats: Stats): string {
  if (stats.isSocket()) return 'a socket';
  if (stats.isFIFO()) return 'a FIFO';
  return 'a device';
}
