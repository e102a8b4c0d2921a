import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Entry, Name, Report } from '../entry.ts';
import type { Filter } from '../filter.ts';
import type { TarEntry } from '../tar/decode.ts';
import { placeMember, type ArchiveRoots, type MemberPlace } from './roots.ts';

/** Decides what of an archive becomes an entry. */
export interface Intake {
  /**
   * A member as an entry without its body; undefined for what is left out, or reported. Throws KX_COPY_DESTINATION when
   * all of them together have too many bytes.
   */
  take(member: TarEntry, place: MemberPlace, roots: ArchiveRoots): Omit<Entry, 'body'> | undefined;
}

const kinds: Readonly<Record<string, Entry['kind']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};
const specials: Readonly<Record<string, string>> = { '3': 'device', '4': 'device', '6': 'FIFO' };

export interface IntakeOptions {
  /** Gets paths below the root that they are of. */
  readonly filter: Filter;
  readonly report: Report;
  readonly maxBytes?: number | undefined;
}

export function createIntake({ filter, report, maxBytes = Infinity }: IntakeOptions): Intake {
  let bytes = 0;
  /** What all that is in the last directory that was left out begins with. */
  let leftOut: Name | undefined;

  function isLeftOut({ name, within }: MemberPlace, isDirectory: boolean): boolean {
    if (leftOut !== undefined && name.startsWith(leftOut)) return true;
    if (within === '' || filter(within, isDirectory)) return false;
    if (isDirectory) leftOut = `${name}/`;
    return true;
  }

  return {
    take(member, place, roots) {
      const { path } = place;
      const kind = kinds[member.type];
      if (isLeftOut(place, kind === 'directory')) return undefined;
      if (kind === undefined || member.sparse) {
        const special = member.sparse ? undefined : specials[member.type];
        if (special !== undefined) report({ level: 'warning', path, message: `is a ${special}: skipped` });
        else report({ level: 'failure', path, message: 'comes in a form that kx cannot read' });
        return undefined;
      }
      const linked = kind === 'hardlink' ? placeMember(member.linkName, roots) : undefined;
      if (linked !== undefined && !filter(linked.within, false)) {
        const other = displayName(linked.path);
        report({ level: 'failure', path, message: `is another name of ${other}, which is left out` });
        return undefined;
      }
      bytes += member.size;
      if (bytes > maxBytes) {
        throw new KxError('KX_COPY_DESTINATION', `the source has more than the ${maxBytes} bytes that may be copied`, {
          ran: 'yes',
          hint: '--max-size says how many',
        });
      }
      const { mode, mtime, uid, gid, size } = member;
      const linkTarget = linked?.path ?? (kind === 'symlink' ? member.linkName : '');
      return { path, kind, mode, mtime, uid, gid, size, linkTarget };
    },
  };
}
