import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';
import { placeInto } from '../forest.ts';

/** One thing that an archive has, with all that is in it. */
export interface ArchiveRoot {
  /** Its path in the tree that is read. */
  readonly into: Name;
  /** Nothing is below it. */
  readonly isFile: boolean;
}

/** What an archive may have, by the member that each is itself: `.` or `./NAME`, none of them within another. */
export type ArchiveRoots = ReadonlyMap<Name, ArchiveRoot>;

/** Where a member belongs. */
export interface MemberPlace {
  /** The member, without a slash at its end. */
  readonly name: Name;
  readonly root: ArchiveRoot;
  /** Its path below the root, '' for the root itself. */
  readonly within: Name;
  /** Its path in the tree that is read. */
  readonly path: Name;
}

/** Finds the root that a member is, or is below. Throws KX_COPY_UNSAFE_PATH where it is not below any. */
export function placeMember(member: Name, roots: ArchiveRoots): MemberPlace {
  const place = findPlace(member, roots);
  if (place !== undefined && !unsafe.test(place.within) && !(place.root.isFile && place.within !== '')) return place;
  const message = `the container sent a name that is not below what was asked for: ${displayName(member)}`;
  throw new KxError('KX_COPY_UNSAFE_PATH', message, { ran: 'yes', hint: 'its tar may have been tampered with' });
}

const unsafe = /^\/|\/$|\/\/|(^|\/)\.\.?(\/|$)|\0/;

/** The same for a name that somebody speaks of; undefined where it is of no root. */
export function findPlace(member: Name, roots: ArchiveRoots): MemberPlace | undefined {
  const name = member.endsWith('/') ? member.slice(0, -1) : member;
  for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) {
    const root = roots.get(name.slice(0, end));
    if (root === undefined) continue;
    const within = name.slice(end + 1);
    return { name, root, within, path: placeInto(root.into, within) };
  }
  return undefined;
}
