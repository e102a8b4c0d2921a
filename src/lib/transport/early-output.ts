import type { Readable } from 'node:stream';

/** How often is looked, in milliseconds: a command seldom writes much before its start is proven. */
const pause = 20;

/**
 * Keeps an output that nobody reads yet from holding up the connection, and with it what comes on the others. Call what is
 * given back when somebody reads it: everything is in it again. One byte always stays, so that it does not end meanwhile.
 */
export function relieve(output: Readable): () => void {
  const early: Buffer[] = [];
  const timer = setInterval(() => {
    const { readableLength: length, readableHighWaterMark: most } = output;
    if (length < most || length < 2) return;
    const bytes = output.read(length - 1) as Buffer | null;
    if (bytes !== null) early.push(bytes);
  }, pause);
  return () => {
    clearInterval(timer);
    if (early.length > 0 && !output.destroyed) output.unshift(Buffer.concat(early));
  };
}
