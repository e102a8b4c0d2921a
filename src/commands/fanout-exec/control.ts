import type { CommandContext } from '../../base-command.ts';
import { canceledBy, type InterruptSignal } from '../../cli/interrupts.ts';
import { KxError, toKxError } from '../../lib/errors/index.ts';
import { createStops, type Stops } from './stops.ts';

/** What ends a fan-out before all targets had their turn. */
export interface Control {
  /** Aborts when nothing more is to be launched. */
  readonly launching: AbortSignal;
  readonly stops: Stops;
  /** The signal that canceled the rest. */
  readonly canceled: InterruptSignal | undefined;
  /** What makes it impossible to go on. */
  readonly fault: KxError | undefined;
  /** Nobody reads the output any more. */
  readonly isUnread: boolean;
  /** One of the two. */
  readonly isBroken: boolean;
  /** A target failed, and one is enough. */
  failFast(): void;
  /** Takes a failure of this side: of an output, or of the input. */
  readonly fail: (error: unknown) => void;
  /** Leaves signals to kx again. */
  release(): void;
}

/**
 * How long after the reader of the output is gone a command may go on, in milliseconds: it loses its connection when it
 * writes again; after the first time it is sent a signal, and after the second nobody waits for its end.
 */
const unreadPatience = [300, 2000];

/**
 * The first Ctrl-C stops the launching and calls `onCancel`, the second ends what runs, the third waits for that no
 * longer, the fourth for nothing. SIGTERM and SIGHUP end what runs at once: nobody is there to send another.
 */
export function takeControl({ takeSignals }: Pick<CommandContext, 'takeSignals'>, onCancel: () => void): Control {
  const launching = new AbortController();
  const stops = createStops();
  let canceled: InterruptSignal | undefined;
  let fault: KxError | undefined;
  let isUnread = false;
  const release = takeSignals((name, count) => {
    canceled ??= name;
    launching.abort();
    if (count === 1 && name === 'SIGINT') onCancel();
    else if (count <= 3) stops.end(name, canceledBy(name).message);
    else process.exit(canceledBy(name).exit);
  });
  return {
    launching: launching.signal,
    stops,
    get canceled() {
      return canceled;
    },
    get fault() {
      return fault;
    },
    get isUnread() {
      return isUnread;
    },
    get isBroken() {
      return fault !== undefined || isUnread;
    },
    failFast() {
      if (stops.isEnding) return;
      launching.abort();
      stops.end('SIGTERM', 'ended because another target failed (--fail-fast)');
    },
    fail: (error) => {
      launching.abort();
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
        fault ??= toKxError(error);
        if (!stops.isEnding) stops.end('SIGTERM', 'kx cannot go on');
      } else if (!isUnread) {
        isUnread = true;
        const end = (): void => stops.end('SIGTERM', 'nobody reads the output');
        for (const pause of unreadPatience) setTimeout(end, pause).unref();
      }
    },
    release,
  };
}
