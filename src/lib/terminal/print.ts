import { writeSync } from 'node:fs';
import { openedOutput } from './output.ts';

/** Writes a message to stdout, whole, behind what was written before. A reader that is gone is no error. */
export function print(text: string): void {
  printTo(1, text);
}

/** Writes a message to stderr, whole, behind what was written before. A reader that is gone is no error. */
export function printError(text: string): void {
  printTo(2, text);
}

function printTo(fd: 1 | 2, text: string): void {
  const output = openedOutput(fd);
  if (output !== undefined && output.writableLength > 0) output.write(text);
  else writeWhole(fd, text);
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
