import { KxError } from '../lib/errors/index.ts';

/** The signals that ask kx to end, with the exit code of each. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type InterruptSignal = keyof typeof exitCodes;

/** `count` is 1 for the first signal that arrives, and so on. */
export type SignalHandler = (name: InterruptSignal, count: number) => void;

export interface Interrupts {
  /** Aborts at the first signal; its reason is a KxError with the exit code of the signal. */
  readonly signal: AbortSignal;
  /**
   * Hands every signal from now on to `handler` instead: the default aborts at the first and ends kx at the second. Gives
   * back what undoes it.
   */
  take(handler: SignalHandler): () => void;
  /** Leaves signals to the system again. */
  stop(): void;
}

/** The error of a command that was ended from outside. */
export function canceledBy(name: InterruptSignal): KxError {
  return new KxError('KX_CANCELED', `canceled by ${name === 'SIGINT' ? 'Ctrl-C' : name}`, {
    ran: 'maybe',
    exit: exitCodes[name],
  });
}

/** Watches for the signals that ask kx to end. `endNow` must not return. */
export function watchInterrupts(endNow: (exitCode: number) => void): Interrupts {
  const controller = new AbortController();
  const byDefault: SignalHandler = (name, count) => {
    if (count === 1) controller.abort(canceledBy(name));
    else endNow(exitCodes[name]);
  };
  let handle = byDefault;
  let count = 0;
  const names = Object.keys(exitCodes) as InterruptSignal[];
  const listeners = names.map((name) => ({ name, listener: () => handle(name, ++count) }));
  for (const { name, listener } of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    take(handler) {
      handle = handler;
      return () => {
        handle = byDefault;
      };
    },
    stop() {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
