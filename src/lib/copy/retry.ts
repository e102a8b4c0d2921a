import { setTimeout as delay } from 'node:timers/promises';
import { KxError } from '../errors/index.ts';

/** How often a lost connection is made again. */
export interface Retry {
  /** Resolves after a pause when it is to be tried again; rejects with `error` when that is over, or proves useless. */
  again(error: unknown): Promise<void>;
  /** Something has arrived: the count begins anew. */
  progressed(): void;
}

const worthRetrying = new Set(['KX_CONNECTION_LOST', 'KX_UNREACHABLE', 'KX_PROTOCOL']);
/** Whether the connection was lost, or not to be had: the same may succeed later. */
export function isLoss(error: unknown): error is KxError {
  return error instanceof KxError && worthRetrying.has(error.code);
}

const firstPause = 250;
const longestPause = 10_000;

/** `tries` without progress in a row, with pauses that double from 250 ms to 10 s. `onRetry` is told before each pause. */
export function createRetry(
  tries: number,
  signal: AbortSignal,
  onRetry: (error: KxError, attempt: number, pauseMs: number) => void,
): Retry {
  let attempt = 0;
  return {
    async again(error) {
      signal.throwIfAborted();
      if (!isLoss(error) || attempt >= tries) throw error;
      const pauseMs = Math.min(firstPause * 2 ** attempt, longestPause);
      onRetry(error, ++attempt, pauseMs);
      await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    },
    progressed() {
      attempt = 0;
    },
  };
}
