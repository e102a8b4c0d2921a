import { KxError } from '../errors/index.ts';

/**
 * Runs a task with a signal that aborts with `signal`, and after so many milliseconds: then a request ends with
 * KX_UNREACHABLE.
 */
export async function withinTime<T>(
  milliseconds: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const abort = (): void => ending.abort(signal.reason);
  const late = (): void => {
    const message = `the server did not answer within ${milliseconds / 1000} s`;
    ending.abort(new KxError('KX_UNREACHABLE', message, { ran: 'no' }));
  };
  signal.addEventListener('abort', abort);
  const timer = setTimeout(late, milliseconds);
  try {
    signal.throwIfAborted();
    return await task(ending.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
