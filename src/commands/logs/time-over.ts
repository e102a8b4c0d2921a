import type { Moment } from '../../lib/logs/index.ts';

/** How much later than its time a line may come: clocks differ, and it has a way to go. Milliseconds. */
const lateness = 2000;
/** A timer counts no further, in milliseconds. */
const longest = 2 ** 31 - 1;

/** A signal that aborts when no lines up to that time will come any more; `stop` stops the clock. */
export function whenOver(until: Moment | undefined): { readonly signal: AbortSignal; readonly stop: () => void } {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (end: number): void => {
    const left = end - Date.now();
    timer = left > longest ? setTimeout(wait, longest, end) : setTimeout(() => over.abort(), left);
  };
  if (until !== undefined) wait(until.second * 1000 + until.nano / 1e6 + lateness);
  return { signal: over.signal, stop: () => clearTimeout(timer) };
}
