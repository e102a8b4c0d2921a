import type { ByteSink } from './byte-sink.ts';

/** The container that a line came from. Give the same object for every line of it: what is made of it is kept by it. */
export interface LineSource {
  readonly context?: string | undefined;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node?: string | undefined;
}

/** One line, or a piece of a long one. */
export interface Line {
  readonly source: LineSource;
  /** Any bytes but a line feed. */
  readonly bytes: Buffer;
  /** Where `bytes` stand in others: they are taken from there, at less cost. */
  readonly span?: { readonly whole: Buffer; readonly from: number; readonly to: number } | undefined;
  /** How it ends: `piece`: the next line of the source goes on with it; `nothing`: it is the last. Absent: a line feed. */
  readonly end?: 'line-feed' | 'piece' | 'nothing' | undefined;
  /** RFC 3339, as the server gave it. */
  readonly at?: string | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
}

/** Appends one line as it is shown. */
export type LineRenderer = (line: Line, out: ByteSink) => void;

export const lineFeed = Buffer.from('\n');

/** Makes something of each source once, and forgets it with the source. */
export function oncePerSource<T>(make: (source: LineSource) => T): (source: LineSource) => T {
  const made = new WeakMap<LineSource, { readonly value: T }>();
  return (source) => {
    let entry = made.get(source);
    if (entry === undefined) made.set(source, (entry = { value: make(source) }));
    return entry.value;
  };
}
