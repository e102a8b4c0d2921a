import { timeIsOver } from './session.ts';

/** The time of `--timeout`, which begins now. */
export interface TimeLimit {
  /** Aborts when the time is over, or as the other signal does. */
  readonly signal: AbortSignal;
  /** Milliseconds; undefined: no limit. */
  left(): number | undefined;
  /** `signal` stays as it is from now on, and nothing is left to wait for. */
  stop(): void;
}

/** Starts the time; undefined is no limit. */
export function startTimeLimit(timeoutMs: number | undefined, signal: AbortSignal): TimeLimit {
  if (timeoutMs === undefined) return { signal, left: () => undefined, stop: () => {} };
  const began = performance.now();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timeIsOver()), timeoutMs);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    left: () => timeoutMs - (performance.now() - began),
    stop: () => clearTimeout(timer),
  };
}
