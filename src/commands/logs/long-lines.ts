import type { LogBatch, LogSource } from '../../lib/logs/index.ts';
import type { Show } from './show.ts';

/** How long other logs wait for the rest of a line that came in part. Milliseconds. */
const patience = 1000;

/** Keeps the pieces of a long line together: what comes of other logs waits until it is over, or takes too long. */
export function keepLinesTogether(show: Show): Show {
  let open: { readonly source: LogSource; readonly over: PromiseWithResolvers<void> } | undefined;
  return async (batch: LogBatch) => {
    const source = batch[0]?.source;
    while (open !== undefined && open.source !== source) {
      const { over } = open;
      const timer = setTimeout(() => over.resolve(), patience);
      await over.promise.finally(() => clearTimeout(timer));
      if (open?.over === over) open = undefined;
    }
    const isOpen = batch.at(-1)?.end === 'piece';
    if (source !== undefined && isOpen) open ??= { source, over: Promise.withResolvers() };
    else if (open !== undefined) {
      open.over.resolve();
      open = undefined;
    }
    await show(batch);
  };
}
