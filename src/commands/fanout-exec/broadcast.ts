import { Readable } from 'node:stream';
import type { Scratch } from './scratch.ts';

/** An input that many read, each from its beginning and at its own pace, while it still comes in. */
export interface Broadcast {
  open(): Readable;
  /** Reads no more of the input. */
  close(): void;
}

/** What one reader takes at once, in bytes. */
const pieceSize = 1 << 18;

/** `onFailure` is told when the input cannot be read or kept; its end is told to nobody then. */
export function broadcast(input: Readable, scratch: Scratch, onFailure: (error: unknown) => void): Broadcast {
  let kept = 0;
  let isOver = false;
  let bell = Promise.withResolvers<true>();
  const ring = (): void => {
    bell.resolve(true);
    bell = Promise.withResolvers();
  };
  const keep = async (): Promise<void> => {
    for await (const chunk of input) {
      await scratch.append(chunk as Buffer);
      kept = scratch.size;
      ring();
    }
    isOver = true;
    ring();
  };
  keep().catch((error: unknown) => {
    if (!input.destroyed || !(error instanceof Error) || error.name !== 'AbortError') onFailure(error);
  });
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      if (at < kept) {
        const piece = await scratch.read(at, Math.min(pieceSize, kept - at));
        at += piece.length;
        yield piece;
      } else if (isOver) return;
      else await bell.promise;
    }
  };
  return {
    open: () => Readable.from(read(), { objectMode: false }),
    close: () => input.destroy(),
  };
}
