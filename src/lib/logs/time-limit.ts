import { KxError } from '../errors/index.ts';
import { startTimeLimit } from '../target/index.ts';

/**
 * Runs a task with a signal that aborts with `signal`, and after so many milliseconds: then a request ends with
 * KX_UNREACHABLE.
 */
export async function withinTime<T>(
  milliseconds: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const message = `the server did not answer within ${milliseconds / 1000} s`;
  const limit = startTimeLimit(signal, () => new KxError('KX_UNREACHABLE', message, { ran: 'no' }));
  limit.give(milliseconds);
  try {
    limit.signal.throwIfAborted();
    return await task(limit.signal);
  } finally {
    limit.stop();
  }
}
