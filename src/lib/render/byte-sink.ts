/** Bytes that are put together. */
export interface ByteSink {
  push(part: Buffer): void;
  /** As `push(bytes.subarray(from, to))`, at less cost. */
  pushPart(bytes: Buffer, from: number, to: number): void;
  readonly size: number;
  /** All that was put, which goes on to be the caller's; the sink is empty then. */
  take(): Buffer;
}

const least = 1 << 10;

/** An empty sink. What is taken has as much room as the last one needed, or more. */
export function createByteSink(): ByteSink {
  let bytes = Buffer.alloc(0);
  let size = 0;
  let usual = least;
  const makeRoom = (count: number): void => {
    if (size + count <= bytes.length) return;
    const more = Buffer.allocUnsafe(Math.max(usual, 2 * bytes.length, size + count));
    bytes.copy(more, 0, 0, size);
    bytes = more;
  };
  return {
    push(part) {
      makeRoom(part.length);
      bytes.set(part, size);
      size += part.length;
    },
    pushPart(part, from, to) {
      makeRoom(to - from);
      part.copy(bytes, size, from, to);
      size += to - from;
    },
    get size() {
      return size;
    },
    take() {
      const taken = bytes.subarray(0, size);
      usual = Math.max(least, size + (size >> 3));
      bytes = Buffer.alloc(0);
      size = 0;
      return taken;
    },
  };
}
