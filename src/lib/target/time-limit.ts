/** A signal that aborts with an outer one, or when a time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** Begins a new time of so many milliseconds, in place of the one before. */
  readonly give: (ms: number) => void;
  /** Ends the time and lets the outer signal go. */
  readonly stop: () => void;
}

/** A limit without a time yet. Not AbortSignal.any: some Nodes collect that too early. */
export function startTimeLimit(outer: AbortSignal | undefined, reasonOf: () => Error | undefined): TimeLimit {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  let timer: NodeJS.Timeout | undefined;
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    give: (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(reasonOf()), ms);
    },
    stop: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
