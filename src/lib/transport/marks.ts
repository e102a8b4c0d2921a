/** What the wrapper said: its own marks, or the shell's message when it could not start the command. */
export interface Marks {
  started: boolean;
  /** The directory of the request could not be entered. */
  badCwd: boolean;
  /** The container has no `dd` that could hand on the input. */
  noDd: boolean;
  /** The command takes no more input. */
  inputClosed: boolean;
  /** The input stopped short of its end, and the command was hung up. */
  inputLost: boolean;
  /** The exit code behind the end mark. */
  end: number | undefined;
  messages: string[];
}

/** A line of the wrapper that does not end within this is not the wrapper's. */
const maxLine = 64 * 1024;
const newline = 0x0a;

/**
 * Takes the wrapper's lines out of an output: from the nonce to the end of its line, wherever that stands. Everything
 * else passes byte for byte; a tail that may be the beginning of a nonce waits for what follows.
 */
export function createMarkFilter(nonce: string): {
  readonly marks: Marks;
  take(chunk: Buffer): Buffer[];
  flush(): Buffer;
} {
  const needle = Buffer.from(nonce);
  const marks: Marks = {
    started: false,
    badCwd: false,
    noDd: false,
    inputClosed: false,
    inputLost: false,
    end: undefined,
    messages: [],
  };
  let held: Buffer = Buffer.alloc(0);

  const read = (line: string): void => {
    const end = /^ end (\d+)$/.exec(line);
    if (line === ' start') marks.started = true;
    else if (line === ' cwd') marks.badCwd = true;
    else if (line === ' dd') marks.noDd = true;
    else if (line === ' closed') marks.inputClosed = true;
    else if (line === ' lost') marks.inputLost = true;
    else if (end !== null) marks.end = Number(end[1]);
    else marks.messages.push(line.replace(/^:\s*/, ''));
  };

  return {
    marks,
    take(chunk) {
      const out: Buffer[] = [];
      let rest = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      held = Buffer.alloc(0);
      for (;;) {
        const at = rest.indexOf(needle);
        if (at < 0) break;
        const end = rest.indexOf(newline, at);
        if (end < 0 && rest.length - at <= maxLine) {
          if (at > 0) out.push(rest.subarray(0, at));
          held = rest.subarray(at);
          return out;
        }
        if (end < 0) break;
        if (at > 0) out.push(rest.subarray(0, at));
        // A terminal puts a carriage return before the newline.
        read(rest.toString('utf8', at + needle.length, end).replace(/\r$/, ''));
        rest = rest.subarray(end + 1);
      }
      const tail = startOfNeedle(rest, needle);
      if (tail < rest.length) held = rest.subarray(tail);
      if (tail > 0) out.push(rest.subarray(0, tail));
      return out;
    },
    flush() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** Where a tail begins that could become the needle; the length of the bytes when there is none. */
function startOfNeedle(bytes: Buffer, needle: Buffer): number {
  for (let at = Math.max(0, bytes.length - needle.length + 1); at < bytes.length; at++) {
    if (bytes.compare(needle, 0, bytes.length - at, at) === 0) return at;
  }
  return bytes.length;
}
