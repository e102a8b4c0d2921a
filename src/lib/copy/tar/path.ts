import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';

/**
 * A member of an archive as a path below the root of the copy, '' for the root itself. `root` is the member that is the
 * root: '.' or './NAME'. Throws KX_COPY_UNSAFE_PATH for what is not below it.
 */
export function relativePath(member: Name, root: Name): Name {
  const whole = member.endsWith('/') ? member.slice(0, -1) : member;
  if (whole === root) return '';
  const path = root === '.' && whole.startsWith('./') ? whole.slice(2) : '';
  if (/^$|^\/|\/$|\/\/|(^|\/)\.\.?(\/|$)|\0/.test(path)) {
    throw new KxError(
      'KX_COPY_UNSAFE_PATH',
      `the container sent a name that is not below what was asked for: ${displayName(member)}`,
      {
        ran: 'yes',
        hint: 'its tar may have been tampered with',
      },
    );
  }
  return path;
}
