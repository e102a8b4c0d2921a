import { beats } from './beat.ts';
import type { SilenceWatch } from './silence.ts';

/** More bytes than this are not taken from a stream before somebody wants them. */
const most = 256 << 10;

/**
 * The bytes of a stream, all that came at once. Less work than reading the stream itself, which joins them. `gather`: when
 * something was given less than so many milliseconds ago, what comes in that time is given together: lines that come one by
 * one from many streams cost little then. Throws what the stream fails with, and what `silence` finds. A loop that leaves ends the stream.
 */
export async function* readChunks(
  body: NodeJS.ReadableStream,
  gather: number,
  silence?: SilenceWatch,
): AsyncGenerator<readonly Buffer[], undefined> {
  const readable = body as NodeJS.ReadableStream & { destroy(): void };
  let waiting: Buffer[] = [];
  let size = 0;
  let ended: { readonly error: Error | undefined } | undefined;
  let wake: (() => void) | undefined;
  let given = -Infinity;
  const beat = gather > 0 ? beats.join() : undefined;
  const end = (error?: Error): void => {
    ended ??= { error };
    wake?.();
  };
  readable.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    size += chunk.length;
    if (size >= most) readable.pause();
    beat?.note(chunk.length, size);
    wake?.();
  });
  readable.on('end', () => end());
  readable.on('error', (error: Error) => end(error));
  readable.on('close', () => end(new Error('the stream was closed')));
  try {
    for (;;) {
      if (waiting.length === 0) {
        if (ended?.error !== undefined) throw ended.error;
        if (ended !== undefined) return;
        const woken = new Promise<void>((resolve) => (wake = resolve));
        await (silence === undefined ? woken : silence.wait(woken));
        wake = undefined;
        continue;
      }
      const early = given + gather - performance.now();
      if (early > 0 && size < most && ended === undefined) await new Promise((resolve) => setTimeout(resolve, early));
      const chunks = waiting;
      waiting = [];
      size = 0;
      if (readable.isPaused()) readable.resume();
      given = performance.now();
      yield chunks;
    }
  } finally {
    beat?.leave();
    readable.destroy();
  }
}
