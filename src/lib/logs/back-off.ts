import { setTimeout as delay } from 'node:timers/promises';

const shortest = 200;
const longest = 5000;

/** Waits a little longer each time, up to 5 s, until it is reset. */
export interface BackOff {
  wait(): Promise<void>;
  reset(): void;
}

export function createBackOff(signal: AbortSignal): BackOff {
  let next = shortest;
  return {
    wait() {
      // Streams that broke together do not come back together.
      const milliseconds = next * (0.75 + Math.random() / 2);
      next = Math.min(next * 2, longest);
      return sleep(milliseconds, signal);
    },
    reset() {
      next = shortest;
    },
  };
}

/** Rejects with the reason of the signal when it aborts. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
