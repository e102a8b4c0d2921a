import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, Name } from '../entry.ts';
import { fsPath } from './path.ts';
import { isSystemError } from './problem.ts';
import { arrivingBody } from './pour.ts';

const pauseMs = 1;

/**
 * Writes a body straight into a FIFO, a terminal or another device that exists, such as /dev/stdout. It waits for a reader
 * without blocking: Node would not exit, whatever the signal, while a thread hangs in open(2) or write(2).
 */
export async function writeDevice(entry: Entry, full: Name): Promise<void> {
  const open = (): number => openSync(fsPath(full), constants.O_WRONLY | constants.O_NONBLOCK);
  // Without a reader a FIFO is not there yet; another device never will be.
  const fd = statSync(fsPath(full)).isFIFO() ? await patiently('ENXIO', open) : open();
  try {
    for await (const piece of arrivingBody(entry)) {
      for (let rest = piece; rest.length > 0;) {
        const now = rest;
        rest = rest.subarray(await patiently('EAGAIN', () => writeSync(fd, now)));
      }
    }
  } finally {
    closeSync(fd);
  }
}

async function patiently(code: string, attempt: () => number): Promise<number> {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isSystemError(error) || error.code !== code) throw error;
    }
    await delay(pauseMs);
  }
}
