/** How far beats are apart, in milliseconds: less than anybody sees. */
const length = 100;
/** With fewer logs there is nothing to gain. */
const fewestLogs = 16;
/** A log of which more waits is not kept waiting: its connection would be full soon. Bytes. */
const much = 32 << 10;

/** After so many bytes what is left of them is worth to be collected. */
const garbage = 6 << 20;

/** What is done with the thread in a rest. */
export interface Resting {
  /** Blocks it for so many milliseconds. */
  readonly sleep: (milliseconds: number) => void;
  /** Gives memory back that is not used any more. */
  readonly collect: () => void;
}

/** One log of those that are followed together. */
export interface BeatMember {
  /** To be called for so many bytes that came; `waiting`: with those that were not taken yet. */
  note(bytes: number, waiting: number): void;
  leave(): void;
}

/**
 * Many logs are read in beats: when what came is taken the thread rests until the beat is over, and then finds all that
 * came meanwhile at once. Lines of many logs trickle in, and to read a connection costs as much as some dozens of lines. What comes
 * after a while in which nothing did is taken at once. In a rest there is time to collect garbage: what the runtime would leave
 * lying until there is much more of it.
 */
export interface Beats {
  join(): BeatMember;
  /** No rest until the result is called: a request has several answers to wait for. */
  hold(): () => void;
}

/** `now` gives milliseconds that never go back. */
export function createBeats({ sleep, collect }: Resting, now: () => number = () => performance.now()): Beats {
  const members = new Set<BeatMember>();
  const holds = new Set<object>();
  let hasMuch = false;
  let isPlanned = false;
  let ended = -Infinity;
  let taken = 0;
  const left = (): number => ended + length - now();
  const rest = (): void => {
    if (taken > garbage) {
      taken = 0;
      collect();
    }
    const milliseconds = left();
    if (milliseconds > 0) sleep(milliseconds);
  };
  const end = (): void => {
    isPlanned = false;
    if (left() > 0 && !hasMuch && holds.size === 0 && members.size >= fewestLogs) rest();
    hasMuch = false;
    ended = now();
  };
  return {
    join() {
      const member: BeatMember = {
        note(bytes, waiting) {
          taken += bytes;
          hasMuch ||= waiting > much;
          if (isPlanned || members.size < fewestLogs) return;
          isPlanned = true;
          // After all that has come by now.
          setImmediate(end);
        },
        leave: () => void members.delete(member),
      };
      members.add(member);
      return member;
    },
    hold() {
      const held = {};
      holds.add(held);
      return () => void holds.delete(held);
    },
  };
}

const cell = new Int32Array(new SharedArrayBuffer(4));
const { Bun } = globalThis as { Bun?: { gc(isFull: boolean): void } };

/** Those of this thread. */
export const beats = createBeats({
  sleep: (milliseconds) => void Atomics.wait(cell, 0, 0, milliseconds),
  collect: () => Bun?.gc(true),
});
