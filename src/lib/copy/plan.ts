import { KxError } from '../errors/index.ts';
import { displayName } from './display-name.ts';
import type { Name } from './entry.ts';

/** A source that exists. */
export interface SourceFact {
  readonly path: Name;
  /** A symlink that is copied as one is a 'file', as is everything else that is no directory. */
  readonly kind: 'file' | 'directory';
  /** What separates names in `path` besides `/`. */
  readonly backslash?: boolean;
}

/** Where the copy is to go. */
export interface DestinationFact {
  readonly path: Name;
  readonly kind: 'absent' | 'file' | 'directory';
  readonly backslash?: boolean;
  /** A name at the destination as messages have it; undefined: as it is. */
  readonly shown?: (name: Name) => Name;
}

/** Where each source goes. */
export interface Plan {
  /** What the root of each source becomes, in their order. */
  readonly destinations: readonly Name[];
  /** The directory that they go into, each under a name of its own, where they are several or it is to be made. */
  readonly directory?: Name;
}

/**
 * Decides as `cp -r` does. Into the destination, under the last name of the source, where it is a directory; else the source
 * becomes the destination. A source whose last name is empty, `.` or `..` is its contents. A destination that ends in a
 * separator is a directory: it is made where it is missing and does not itself become the source.
 *
 * Throws KX_COPY_DESTINATION, and KX_USAGE where two sources would become one thing.
 */
export function planCopy(sources: readonly SourceFact[], destination: DestinationFact): Plan {
  const root = trimSeparators(destination);
  const slash = root !== destination.path;
  const shown = shownAt(destination, root);
  if (destination.kind === 'file' && (slash || sources.length > 1)) {
    throw new KxError('KX_COPY_DESTINATION', `${shown} is not a directory`);
  }
  if (destination.kind === 'absent' && sources.length > 1 && !slash) {
    throw new KxError('KX_COPY_DESTINATION', `there is no directory ${shown}`, {
      hint: `several sources go into a directory; ${shown}/ makes it`,
    });
  }
  const isFile = sources.some(({ kind }) => kind === 'file');
  const makes = destination.kind === 'absent' && slash && (isFile || sources.length > 1);
  if (destination.kind !== 'directory' && !makes) {
    const [source] = sources;
    if (source?.kind === 'directory' && destination.kind === 'file') throw notOver(shown, source);
    return { destinations: sources.map(() => root) };
  }
  const destinations = sources.map((source) => place(source, root, destination));
  refuseCollisions(sources, destinations, destination);
  if (!makes && sources.length === 1) return { destinations };
  const isDrive = destination.backslash === true && /^[A-Za-z]:$/.test(root);
  return { destinations, directory: root === '' || isDrive ? `${root}.` : root };
}

function place(source: SourceFact, root: Name, { backslash = false }: DestinationFact): Name {
  const base = baseName(source);
  if (base === '') return root;
  const separated = root === '' || root.endsWith('/') || (backslash && /[:\\]$/.test(root));
  return `${root}${separated ? '' : '/'}${base}`;
}

/** The contents of several directories may meet in one. */
function refuseCollisions(sources: readonly SourceFact[], destinations: readonly Name[], fact: DestinationFact): void {
  const taken = new Map<Name, SourceFact>();
  for (const [index, source] of sources.entries()) {
    const destination = destinations[index] ?? '';
    const other = taken.get(destination);
    if (other !== undefined && baseName(source) !== '') {
      const both = `${displayName(other.path)} and ${displayName(source.path)}`;
      throw new KxError('KX_USAGE', `${both} would both become ${shownAt(fact, destination)}`, {
        hint: 'copy them one at a time, under names of their own',
      });
    }
    taken.set(destination, source);
  }
}

function shownAt({ shown }: DestinationFact, name: Name): string {
  return displayName(shown === undefined ? name : shown(name));
}

function notOver(shown: string, source: SourceFact): KxError {
  const message = `cannot overwrite ${shown}, which is not a directory, with the directory ${displayName(source.path)}`;
  return new KxError('KX_COPY_DESTINATION', message);
}

/** The last name of a path; '' for `/`, a drive, `.` and `..`, which have none of their own. */
export function baseName(of: { readonly path: Name; readonly backslash?: boolean }): Name {
  const path = trimSeparators(of);
  const base = (of.backslash === true ? path.split(/[/\\]|^[A-Za-z]:/) : path.split('/')).at(-1) ?? '';
  return base === '.' || base === '..' ? '' : base;
}

/** Whether a path says by its end that it is a directory, and that a symlink there is to be followed. */
export function endsAsDirectory({ path, backslash = false }: { readonly path: Name; readonly backslash?: boolean }) {
  return (backslash ? /(^|[/\\])\.{0,2}$/ : /(^|\/)\.{0,2}$/).test(path);
}

/** Without separators at its end, except for the root. */
function trimSeparators({ path, backslash = false }: { readonly path: Name; readonly backslash?: boolean }): Name {
  const trimmed = path.replace(backslash ? /[/\\]+$/ : /\/+$/, '');
  if (trimmed === '') return path.slice(0, 1);
  return backslash && /^[A-Za-z]:$/.test(trimmed) && trimmed !== path ? `${trimmed}\\` : trimmed;
}
