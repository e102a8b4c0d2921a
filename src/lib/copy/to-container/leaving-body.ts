import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Entry } from '../entry.ts';
import { exactBody } from '../exact-body.ts';

/** The body of an entry, or KX_COPY_SOURCE when it is not as long as the entry says. */
export function leavingBody(entry: Entry): AsyncGenerator<Buffer> {
  return exactBody(
    entry,
    () => new KxError('KX_COPY_SOURCE', `${displayName(entry.path)} changed its size while it was read`),
  );
}
