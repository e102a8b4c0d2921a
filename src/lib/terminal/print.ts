import { writeSync } from 'node:fs';

/** Writes a message to stdout, whole. A reader that is gone is no error. */
export function print(text: string): void {
  writeWhole(1, text);
}

/** Writes a message to stderr, whole. A reader that is gone is no error. */
export function printError(text: string): void {
  writeWhole(2, text);
}

// Short messages only, so that waiting for the reader is no loss: a terminal that another program made non-blocking
// refuses bytes for a moment.
function writeWhole(fd: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
