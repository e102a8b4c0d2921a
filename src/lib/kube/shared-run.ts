import { toCancellation } from './failures.ts';

interface Run<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Makes one run of `work` serve everybody who asks while it goes on. Who aborts waits no longer; the run itself is
 * aborted when nobody waits for it any more.
 */
export function shareRuns<T>(work: (signal: AbortSignal) => Promise<T>): (signal?: AbortSignal) => Promise<T> {
  let current: Run<T> | undefined;

  function start(): Run<T> {
    const controller = new AbortController();
    const run: Run<T> = { result: work(controller.signal), controller, waiting: 0 };
    const forget = () => {
      if (current === run) current = undefined;
    };
    run.result.then(forget, forget);
    return run;
  }

  return (signal) => {
    if (signal?.aborted === true) return Promise.reject(toCancellation(signal));
    const run = (current ??= start());
    run.waiting += 1;
    return new Promise((resolve, reject) => {
      const abort = () => {
        run.waiting -= 1;
        if (run.waiting === 0) {
          if (current === run) current = undefined;
          run.controller.abort(signal?.reason);
        }
        reject(toCancellation(signal));
      };
      signal?.addEventListener('abort', abort, { once: true });
      const release = () => signal?.removeEventListener('abort', abort);
      run.result.then(resolve, reject).finally(release);
    });
  };
}
