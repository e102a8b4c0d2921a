import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Entry } from '../entry.ts';

/** The body of an entry; KX_COPY_SOURCE when it is not exactly as long as the entry says. */
export async function* exactBody({ body, size, path }: Entry): AsyncGenerator<Buffer> {
  let left = size;
  for await (const piece of body) {
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left !== 0) throw new KxError('KX_COPY_SOURCE', `${displayName(path)} changed its size while it was read`);
}
