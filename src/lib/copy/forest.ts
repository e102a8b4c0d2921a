import { KxError } from '../errors/index.ts';
import type { Entry, Name, Report, TreeReader } from './entry.ts';

/** A tree that is part of a larger one. */
export interface ForestPart {
  /** What its root is in the larger tree; '': its paths are those of the larger tree already. */
  readonly into: Name;
  readonly reader: TreeReader;
}

/** The path in the larger tree. */
export function placeInto(into: Name, path: Name): Name {
  return into === '' || path === '' ? into + path : `${into}/${path}`;
}

/**
 * Several trees as one, one after the other. A part that cannot be read at all (KX_COPY_SOURCE) is reported, and the others are
 * read.
 */
export function readForest(parts: readonly ForestPart[], report: Report): TreeReader {
  return {
    async *entries() {
      for (const part of parts) yield* entriesOf(part, report);
    },
  };
}

async function* entriesOf({ into, reader }: ForestPart, report: Report): AsyncGenerator<Entry> {
  let begun = false;
  try {
    for await (const entry of reader.entries()) {
      begun = true;
      yield into === '' ? entry : placed(entry, into);
    }
  } catch (error) {
    if (begun || into === '' || !(error instanceof KxError) || error.code !== 'KX_COPY_SOURCE') throw error;
    report({ level: 'failure', path: into, message: error.message });
  }
}

function placed(entry: Entry, into: Name): Entry {
  const { path, kind, linkTarget } = entry;
  const target = kind === 'hardlink' ? placeInto(into, linkTarget) : linkTarget;
  return { ...entry, path: placeInto(into, path), linkTarget: target };
}
