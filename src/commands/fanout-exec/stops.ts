import { canceledBy, type InterruptSignal, type SignalHandler } from '../../cli/interrupts.ts';
import { KxError } from '../../lib/errors/index.ts';

/** Ends the remote commands of a fan-out. */
export interface Stops {
  /** Whether `end` was called. */
  readonly isEnding: boolean;
  /** Aborts a while after the end: a command that has not even started by then is given up. */
  readonly givenUp: AbortSignal;
  /**
   * Sends the signal to every command that runs, and to each that starts only now. `why` is what is said of them. To call it
   * again is to wait no longer for them.
   */
  end(name: InterruptSignal, why: string): void;
  /** As `CommandContext.takeSignals`, for the session of one command. */
  readonly takeSignals: (handler: SignalHandler) => () => void;
  /** The error of a session that was ended here, with the reason; any other error as it is. */
  explain(error: unknown): unknown;
}

/** How long a command that is being started may take to be there, so that it can be ended, in milliseconds. */
const startPatience = 3000;
/** How many are ended at a time: each takes commands of its own, which have only so much time. */
const atOnce = 12;

export function createStops(): Stops {
  const waiting = new Set<SignalHandler>();
  const told = new Set<SignalHandler>();
  const givenUp = new AbortController();
  let ending: { readonly name: InterruptSignal; readonly why: string } | undefined;
  let count = 0;
  const tellNext = (): void => {
    if (ending === undefined) return;
    for (const handle of waiting) {
      if (told.size >= atOnce && count === 1) return;
      waiting.delete(handle);
      told.add(handle);
      handle(ending.name, 1);
      if (count > 1) handle(ending.name, count);
    }
  };
  return {
    get isEnding() {
      return ending !== undefined;
    },
    givenUp: givenUp.signal,
    end(name, why) {
      const giveUp = (): void => givenUp.abort(canceledBy(name));
      if (ending === undefined) setTimeout(giveUp, startPatience).unref();
      else giveUp();
      ending ??= { name, why };
      count++;
      for (const handle of told) handle(name, count);
      tellNext();
    },
    takeSignals(handler) {
      waiting.add(handler);
      // Not before the session that takes them is complete.
      queueMicrotask(tellNext);
      return () => {
        waiting.delete(handler);
        told.delete(handler);
        tellNext();
      };
    },
    explain(error) {
      if (!(error instanceof KxError) || error.code !== 'KX_CANCELED' || ending === undefined) return error;
      const { code, ran, hint, exit, cause } = error;
      return new KxError(code, ending.why, { ran, hint, exit, cause });
    },
  };
}
