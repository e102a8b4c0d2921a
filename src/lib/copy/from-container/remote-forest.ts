import type { Name, TreeReader } from '../entry.ts';
import { placeInto, readForest, type ForestPart } from '../forest.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { readRemoteTree } from './remote-reader.ts';
import { readSent, type SendingOptions } from './sent-tree.ts';
import type { ArchiveRoot } from './roots.ts';

/** One of several things in a container, each of which is one of the tree that is read. */
export interface RemotePart {
  /** Relative to the directory of the container's commands. */
  readonly path: Name;
  /** As messages name it. */
  readonly shown: Name;
  /** What it is, when symlinks are followed. */
  readonly kind: 'file' | 'directory' | 'other';
  readonly symlink: boolean;
  /** Its name in the tree that is read. */
  readonly into: Name;
  /** What of it is to be sent; undefined: everything. */
  readonly only?: readonly Name[] | undefined;
}

/** What one sender sends: files and directories below one directory, or files behind symlinks. */
interface Group {
  readonly base: '/' | '.';
  readonly follow: boolean;
  readonly parts: Map<Name, RemotePart>;
}

/**
 * Reads several things out of a container as one tree. One connection brings whatever can be listed as names below one
 * directory; files behind symlinks need another, as a tar follows all of them or none, and so does each name that no list
 * can have (a newline, `..`), or that is within another source. Lost connections are made again; see readRemoteTree.
 */
export function readRemoteForest(end: RemoteEnd, parts: readonly RemotePart[], options: SendingOptions): TreeReader {
  const wanted = parts.filter(({ only }) => only?.length !== 0);
  const { groups, alone } = group(wanted);
  const readers: ForestPart[] = [
    ...groups.map((each) => ({ into: '', reader: readGroup(end, each, options) })),
    ...alone.map((part) => {
      const report: typeof options.report = (problem) =>
        options.report({ ...problem, path: placeInto(part.into, problem.path) });
      return { into: part.into, reader: readRemoteTree(end, { ...options, ...part, report }) };
    }),
  ];
  return readForest(readers, options.report);
}

function group(parts: readonly RemotePart[]): { readonly groups: readonly Group[]; readonly alone: RemotePart[] } {
  const groups = new Map<string, Group>();
  const alone: RemotePart[] = [];
  for (const part of parts) {
    const member = memberOf(part);
    if (member === undefined) {
      alone.push(part);
      continue;
    }
    const base = part.path.startsWith('/') ? '/' : '.';
    const follow = part.kind === 'file' && part.symlink;
    const known = groups.get(`${base}${follow}`) ?? { base, follow, parts: new Map<Name, RemotePart>() };
    groups.set(`${base}${follow}`, known);
    if (known.parts.has(member)) alone.push(part);
    else known.parts.set(member, part);
  }
  for (const { parts: members } of groups.values()) {
    for (const [member, part] of members) {
      if (!isWithin(member, members)) continue;
      members.delete(member);
      alone.push(part);
    }
  }
  return { groups: [...groups.values()], alone };
}

/** What a list calls it; undefined for what no list can have. `/.` at the end leads through a symlink to its directory. */
function memberOf({ path, kind, symlink }: RemotePart): Name | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (kind === 'other' || names.length === 0 || names.includes('..') || path.includes('\n')) return undefined;
  const through = kind === 'directory' && (symlink || path.endsWith('/'));
  return `./${names.join('/')}${through ? '/.' : ''}`;
}

function isWithin(member: Name, members: ReadonlyMap<Name, unknown>): boolean {
  const name = member.replace(/\/\.$/, '');
  for (let end = name.lastIndexOf('/'); end > 1; end = name.lastIndexOf('/', end - 1)) {
    const above = name.slice(0, end);
    if (members.has(above) || members.has(`${above}/.`)) return true;
  }
  return false;
}

function readGroup(end: RemoteEnd, { base, follow, parts }: Group, options: SendingOptions): TreeReader {
  const roots = new Map<Name, ArchiveRoot>();
  for (const [member, { into, kind }] of parts) roots.set(member, { into, isFile: kind === 'file' });
  const isListed = [...parts.values()].every(({ only }) => only !== undefined);
  const members: Name[] = [];
  const awaited: Name[] = [];
  for (const [member, { into, only }] of parts) {
    for (const name of (isListed && only) || ['']) {
      members.push(placeInto(member, name));
      awaited.push(placeInto(into, name));
    }
  }
  const list = follow ? 'follow' : isListed ? 'list' : 'deep';
  const only = isListed ? new Set(awaited) : undefined;
  const asked = { path: base, shown: base, list, members, awaited, only, roots: () => roots } as const;
  return readSent(end, asked, options);
}
