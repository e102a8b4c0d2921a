/** How far beats are apart, in milliseconds: less than anybody sees. */
const length = 100;
/** With fewer logs there is nothing to gain. */
const fewestLogs = 16;
/** A log of which more waits is not kept waiting: its connection would be full soon. Bytes. */
const much = 32 << 10;

/** One log of those that are followed together. */
export interface BeatMember {
  /** To be called for what comes, with the bytes that wait to be taken. */
  note(waiting: number): void;
  leave(): void;
}

/**
 * Many logs are read in beats: when what came is taken the thread rests until the beat is over, and then finds all that
 * came meanwhile at once. Lines of many logs trickle in, and to read a connection costs as much as some dozens of lines. What comes
 * after a while in which nothing did is taken at once.
 */
export interface Beats {
  join(): BeatMember;
  /** No rest until the result is called: a request has several answers to wait for. */
  hold(): () => void;
}

/** `rest` blocks the thread for so many milliseconds; `now` gives milliseconds that never go back. */
export function createBeats(rest: (milliseconds: number) => void, now: () => number = () => performance.now()): Beats {
  const members = new Set<BeatMember>();
  const holds = new Set<object>();
  let hasMuch = false;
  let isPlanned = false;
  let ended = -Infinity;
  const end = (): void => {
    isPlanned = false;
    const left = ended + length - now();
    if (left > 0 && !hasMuch && holds.size === 0 && members.size >= fewestLogs) rest(left);
    hasMuch = false;
    ended = now();
  };
  return {
    join() {
      const member: BeatMember = {
        note(waiting) {
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

/** Those of this thread. */
export const beats = createBeats((milliseconds) => void Atomics.wait(cell, 0, 0, milliseconds));
