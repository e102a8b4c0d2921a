import { KxError } from '../errors/index.ts';

/** How long silence is believed, in milliseconds. */
export interface Patience {
  /** After so much silence the server is asked whether there is more. */
  readonly first: number;
  /** Each answer that there is not doubles that, up to this. */
  readonly longest: number;
  /** So long the server has for an answer. */
  readonly answer: number;
}

export const usualPatience: Patience = { first: 30_000, longest: 300_000, answer: 10_000 };

/** Watches the silence of a stream. */
export interface SilenceWatch {
  /** Waits for what comes next. Rejects with KX_CONNECTION_LOST when the silence turns out to be that of a frozen connection. */
  wait<T>(coming: Promise<T>): Promise<T>;
  stop(): void;
}

/**
 * Tells a connection that froze without an end from a log that is silent: `hasMore` says whether the log went on. Where it
 * rejects nothing is known, and it is asked again soon: a socket that was kept may be frozen, too. Only what is waited for counts as silence: who
 * does not read hears nothing.
 */
export function watchSilence(
  hasMore: (signal: AbortSignal) => Promise<boolean>,
  { first, longest, answer }: Patience,
): SilenceWatch {
  let waiting: { since: number; readonly fail: (error: KxError) => void } | undefined;
  let pause = first;
  let isAsking = false;
  let timer: NodeJS.Timeout | undefined;
  const ending = new AbortController();
  /** Streams that fell silent together are not asked for together. */
  const arm = (milliseconds: number): void => {
    timer ??= setTimeout(() => void check(), milliseconds * (1 + Math.random() / 4));
  };
  const disarm = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const check = async (): Promise<void> => {
    timer = undefined;
    const asked = waiting;
    if (asked === undefined || isAsking) return;
    const left = asked.since + pause - performance.now();
    if (left > 0) {
      arm(left);
      return;
    }
    isAsking = true;
    const isMore = await hasMore(ending.signal).catch(() => undefined);
    isAsking = false;
    if (waiting === asked) {
      if (isMore === true) asked.fail(frozen(performance.now() - asked.since));
      pause = isMore === undefined ? Math.min(answer, first) : Math.min(pause * 2, longest);
      asked.since = performance.now();
    }
    if (waiting !== undefined) arm(pause);
  };
  return {
    async wait(coming) {
      const failed = Promise.withResolvers<never>();
      waiting = { since: performance.now(), fail: failed.reject };
      arm(pause);
      try {
        return await Promise.race([coming, failed.promise]);
      } finally {
        waiting = undefined;
        if (pause !== first) disarm();
        pause = first;
      }
    },
    stop() {
      disarm();
      ending.abort();
    },
  };
}

function frozen(milliseconds: number): KxError {
  const message = `nothing came for ${Math.round(milliseconds / 1000)} s, though the log went on`;
  return new KxError('KX_CONNECTION_LOST', message, { ran: 'yes' });
}
