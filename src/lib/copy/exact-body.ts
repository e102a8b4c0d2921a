import type { KxError } from '../errors/index.ts';
import type { Entry } from './entry.ts';

/** The body of an entry; throws what `mismatch` makes of the bytes that came when it is not as long as the entry says. */
export async function* exactBody(
  { body, size }: Entry,
  mismatch: (arrived: number) => KxError,
): AsyncGenerator<Buffer> {
  let arrived = 0;
  for await (const piece of body) {
    arrived += piece.length;
    if (arrived > size) break;
    yield piece;
  }
  if (arrived !== size) throw mismatch(arrived);
}
