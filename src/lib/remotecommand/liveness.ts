/** How to tell a dead link from a silent one. */
export interface LivenessOptions {
  /** True when a new connection on the same way gets an answer in time. */
  readonly probe: (timeoutMs: number) => Promise<boolean>;
  /** Milliseconds between ticks. */
  readonly tickMs?: number;
}

export interface Liveness {
  /** Bytes came in. */
  heard(): void;
  /** Reading is paused by this side: silence means nothing. */
  suspend(): void;
  resume(): void;
  stop(): void;
}

const defaultTickMs = 5000;
const silentTicks = 6;
const probeTicks = 3;

/**
 * A ping goes out at a tick before which nothing came. While output comes none is needed, and it would do harm: v4 is
 * tunnelled to the runtime, which closes right behind its Status, and a frame that meets the closed socket draws a reset
 * that discards what a slow reader has not taken from the hops in between.
 *
 * After `silentTicks` ticks without a byte from the peer the way is probed. Silence on an
 * idle link is death in any case. While stdin may be on its way (`mayBlock`) it proves nothing: a command that does not
 * read its stdin blocks the server's read loop, and pongs stop (kubernetes/kubernetes#138518); then only a failed probe
 * is death.
 *
 * Ticks are counted instead of reading a clock, so that a laptop that slept does not take the time it slept for
 * silence. With 5 s ticks a dead way is noticed after at most 35 s + 15 s.
 */
export function watchLiveness(
  options: LivenessOptions,
  act: { ping(): void; mayBlock(): boolean; dead(reason: string): void },
): Liveness {
  const tickMs = options.tickMs ?? defaultTickMs;
  let silent = 0;
  let suspended = false;
  let probing = false;
  let stopped = false;

  const probe = async (): Promise<void> => {
    probing = true;
    const alive = await answers(options, tickMs * probeTicks);
    probing = false;
    if (silent < silentTicks || suspended || stopped) return;
    const seconds = Math.round((silent * tickMs) / 1000);
    if (!alive) act.dead(`nothing was heard for ${seconds} s, and a new connection gets no answer either`);
    else if (!act.mayBlock()) act.dead(`pings were not answered for ${seconds} s, although the server can be reached`);
    else silent = 0;
  };

  const timer = setInterval(() => {
    if (suspended) return;
    silent++;
    if (silent > 1) act.ping();
    if (silent >= silentTicks && !probing) void probe();
  }, tickMs);
  timer.unref();

  return {
    heard: () => (silent = 0),
    suspend: () => (suspended = true),
    resume: () => {
      suspended = false;
      silent = 0;
    },
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

async function answers(options: LivenessOptions, timeoutMs: number): Promise<boolean> {
  try {
    return await options.probe(timeoutMs);
  } catch {
    return false;
  }
}
