/** Wakes who waits for something to happen. */
export interface Bell {
  ring(): void;
  /** Resolves when it rings, after so many milliseconds, and rejects with the reason of the signal. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let wake: (() => void) | undefined;
  /** It rang while nobody waited. */
  let isRung = false;
  return {
    ring() {
      isRung = true;
      wake?.();
    },
    async wait(milliseconds, signal) {
      signal.throwIfAborted();
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
        if (wake !== undefined) signal.removeEventListener('abort', wake);
        wake = undefined;
      }
      isRung = false;
      signal.throwIfAborted();
    },
  };
}
