import type { Writable } from 'node:stream';

/** 128 + SIGPIPE: what a program has that writes to a pipe nobody reads. */
export const brokenPipeCode = 141;

/** Resolves when what was written is out, or will never be. */
export function flushed(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (output.writableLength === 0 || output.destroyed) resolve();
    else output.write('', () => resolve());
  });
}
