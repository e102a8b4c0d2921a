import type { LogBatch, LogSource } from '../../lib/logs/index.ts';
import type { Show } from './show.ts';

/** How long other logs wait for the rest of a line that came in part. Milliseconds. */
const patience = 1000;

/** Keeps the pieces of a long line together: what comes of other logs waits until it is over, or takes too long. */
export function keepLinesTogether(show: Show): Show {
  let open: { readonly source: LogSource; readonly over: PromiseWithResolvers<void> } | undefined;
  const close = (over: PromiseWithResolvers<void>): void => {
    over.resolve();
    if (open?.over === over) open = undefined;
  };
  return async (batch: LogBatch) => {
    const source = batch[0]?.source;
    while (open !== undefined && open.source !== source) {
      const { over } = open;
      const timer = setTimeout(() => close(over), patience);
      await over.promise.finally(() => clearTimeout(timer));
    }
    const isOpen = batch.at(-1)?.end === 'piece';
    if (source !== undefined && isOpen) open ??= { source, over: Promise.withResolvers() };
    else if (open !== undefined) close(open.over);
    await show(batch);
  };
}
