export type LogStream = 'stdout' | 'stderr';

/** One line of a log. The last one may lack its newline. */
export interface LogLine {
  readonly stream: LogStream;
  /** Milliseconds since 1970, with a fraction that keeps lines in order. */
  readonly time: number;
  readonly bytes: Buffer;
}

/** The output of one run of a container, bounded: the oldest lines are forgotten. */
export interface ContainerLog {
  readonly lines: readonly LogLine[];
  readonly ended: boolean;
  append(stream: LogStream, chunk: Buffer): void;
  end(): void;
  /** Calls back for every line from now on, and once at the end. The result stops that. */
  follow(onLine: (line: LogLine) => void, onEnd: () => void): () => void;
}

const maximalLines = 20_000;
const maximalBytes = 8 << 20;
const maximalPart = 16 << 10;

/** An empty log. It is rotated when it has `rotateAt` bytes: followers miss nothing, its lines are gone for all others. */
export function createLog(rotateAt = Infinity): ContainerLog {
  let lines: LogLine[] = [];
  let size = 0;
  let ended = false;
  let lastTime = 0;
  const parts = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const followers = new Set<{ onLine: (line: LogLine) => void; onEnd: () => void }>();

  const add = (stream: LogStream, bytes: Buffer): void => {
    if (size >= rotateAt) {
      lines = [];
      size = 0;
    }
    // A microsecond apart, so that sinceTime can tell lines of one chunk from each other.
    lastTime = Math.max(Date.now(), lastTime + 0.001);
    const line = { time: lastTime, bytes, stream };
    lines.push(line);
    size += bytes.length;
    if (lines.length > 2 * maximalLines || size > 2 * maximalBytes) forget();
    for (const { onLine } of followers) onLine(line);
  };
  const forget = (): void => {
    let kept = 0;
    const first = lines.findLastIndex((line, index) => {
      kept += line.bytes.length;
      return kept > maximalBytes || lines.length - index > maximalLines;
    });
    lines = lines.slice(first + 1);
    size = lines.reduce((sum, line) => sum + line.bytes.length, 0);
  };

  return {
    get lines() {
      return lines;
    },
    get ended() {
      return ended;
    },
    append(stream, chunk) {
      let rest = Buffer.concat([parts[stream], chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        add(stream, rest.subarray(0, end + 1));
        rest = rest.subarray(end + 1);
      }
      for (; rest.length > maximalPart; rest = rest.subarray(maximalPart)) add(stream, rest.subarray(0, maximalPart));
      parts[stream] = rest;
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) if (parts[stream].length > 0) add(stream, parts[stream]);
      ended = true;
      for (const { onEnd } of [...followers]) onEnd();
      followers.clear();
    },
    follow(onLine, onEnd) {
      const follower = { onLine, onEnd };
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
