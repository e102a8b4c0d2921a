/** The container that a line came from. */
export interface LogSource {
  readonly context?: string | undefined;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node?: string | undefined;
}

export type OutputStream = 'stdout' | 'stderr';

/** Where bytes stand in others: cheaper than a Buffer of their own, which most lines need not have. */
export interface Span {
  readonly whole: Buffer;
  readonly from: number;
  readonly to: number;
}

/** One line of a log, or a piece of one that is longer than `maximalPiece`. */
export interface LogLine {
  readonly source: LogSource;
  /** RFC 3339 with nanoseconds, as the kubelet gave it: when the runtime read the line (of a long line, its beginning). */
  readonly at: string;
  /** Without its line feed. */
  readonly bytes: Buffer;
  /** Where `bytes` stand in what came, behind a timestamp of the usual 30 characters and a space. */
  readonly span?: Span | undefined;
  /** How it ends: `piece`: the next piece of the same source goes on with it; `nothing`: the log ended without a line feed. */
  readonly end: 'line-feed' | 'piece' | 'nothing';
  /** Known only where one of both was asked for. */
  readonly stream?: OutputStream | undefined;
}

/** The length of a line in bytes, without its line feed. */
export function sizeOf(line: LogLine): number {
  return line.span === undefined ? line.bytes.length : line.span.to - line.span.from;
}

/** Some lines of one log that came together. Never empty. */
export type LogBatch = readonly LogLine[];
