const lineFeed = 0x0a;

/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  /** Hands on the lines that are whole now. They are parts of `chunk` where it holds them whole: it must not change later. */
  push(chunk: Buffer): void;
  /** Hands on what is left behind the last line feed, if anything is. */
  end(): void;
}

/**
 * `onLine` gets each line without its line feed. A line may have any length, and is held until it is whole: bound the stream
 * where its sender is not trusted.
 */
export function createLineSplitter(onLine: (line: Buffer) => void): LineSplitter {
  let held: Buffer[] = [];
  const finish = (last: Buffer): void => {
    const line = held.length === 0 ? last : Buffer.concat([...held, last]);
    held = [];
    onLine(line);
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
        finish(chunk.subarray(from, at));
        from = at + 1;
      }
      if (from < chunk.length) held.push(chunk.subarray(from));
    },
    end() {
      if (held.length > 0) finish(Buffer.alloc(0));
    },
  };
}
