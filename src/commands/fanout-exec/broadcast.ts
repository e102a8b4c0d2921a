import { Readable } from 'node:stream';
import { KxError } from '../../lib/errors/index.ts';
import type { Scratch } from './scratch.ts';

/**
 * An input that many read, each from its beginning and at its own pace, while it still comes in: no further ahead of the fastest
 * than `farthest`, so that one without an end does not fill the disk.
 */
export interface Broadcast {
  open(): Readable;
  /** Reads no more of the input. */
  close(): void;
}

/** What one reader takes at once, in bytes. */
const pieceSize = 1 << 18;
/** In bytes. */
const farthest = 16 << 20;

/** `onFailure` is told when the input cannot be read or kept; its end is told to nobody then. */
export function broadcast(input: Readable, scratch: Scratch, onFailure: (error: unknown) => void): Broadcast {
  let kept = 0;
  let [isOver, isClosed] = [false, false];
  /** How far the fastest has come. */
  let taken = 0;
  const [more, room] = [createBell(), createBell()];
  const keep = async (): Promise<void> => {
    for await (const chunk of input) {
      await scratch.append(chunk as Buffer);
      kept = scratch.size;
      more.ring();
      while (kept - taken > farthest) await room.heard();
    }
    isOver = true;
    more.ring();
  };
  keep().catch((error: unknown) => {
    if (!isClosed) onFailure(explain(error));
  });
  const read = async function* (): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      if (at < kept) {
        const piece = await scratch.read(at, Math.min(pieceSize, kept - at));
        at += piece.length;
        yield piece;
        if (at > taken) {
          taken = at;
          room.ring();
        }
      } else if (isOver) return;
      else await more.heard();
    }
  };
  return {
    open: () => Readable.from(read(), { objectMode: false }),
    close: () => {
      isClosed = true;
      input.destroy();
    },
  };
}

/** Wakes all who wait for it. */
function createBell(): { ring(): void; heard(): Promise<true> } {
  let next = Promise.withResolvers<true>();
  return {
    ring: () => {
      next.resolve(true);
      next = Promise.withResolvers();
    },
    heard: () => next.promise,
  };
}

/** What cannot be kept says so itself. */
function explain(error: unknown): unknown {
  if (error instanceof KxError) return error;
  return new KxError('KX_USAGE', `cannot read stdin: ${(error as Error).message}`, { ran: 'maybe', cause: error });
}
