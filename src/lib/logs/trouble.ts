import type { LogEvent } from './events.ts';
import type { LogSource } from './line.ts';

/** Says when a log cannot be read for a while, and when it can be again. */
export interface Trouble {
  begin(why: string): void;
  /** Lines come again, behind that of this time. */
  end(from: string | undefined): void;
  /** The log has ended, or begun anew: there is nothing to connect to. */
  forget(): void;
}

/** A shorter interruption is said when it is over. Milliseconds. */
const patience = 1500;

export function createTrouble(source: LogSource, onEvent: (event: LogEvent) => void): Trouble {
  let why: string | undefined;
  let isSaid = false;
  let timer: NodeJS.Timeout | undefined;
  const forget = (): void => {
    clearTimeout(timer);
    timer = undefined;
    why = undefined;
    isSaid = false;
  };
  return {
    begin(reason) {
      why ??= reason;
      if (isSaid) return;
      timer ??= setTimeout(() => {
        isSaid = true;
        onEvent({ type: 'lost', source, why: why ?? reason });
      }, patience);
    },
    end(from) {
      if (why !== undefined) onEvent({ type: 'resumed', source, from, why: isSaid ? undefined : why });
      forget();
    },
    forget,
  };
}
