/** Says whether the bytes of a line match, and where. */
export interface Matcher {
  test(bytes: Buffer): boolean;
  /** The matches in their order, as flat pairs of start and end in bytes. None is empty; those that touch are one. */
  ranges(bytes: Buffer): readonly number[];
}

/** The same for a name. */
export interface NameMatcher {
  test(text: string): boolean;
}

/** Puts flat pairs of start and end in order, and makes one of those that overlap or touch. */
export function joinRanges(ranges: readonly number[]): readonly number[] {
  const pairs: [number, number][] = [];
  for (let at = 0; at + 1 < ranges.length; at += 2) pairs.push([ranges[at] ?? 0, ranges[at + 1] ?? 0]);
  pairs.sort(([a], [b]) => a - b);
  const joined: number[] = [];
  for (const [start, end] of pairs) {
    const last = joined.at(-1);
    if (last === undefined || start > last) joined.push(start, end);
    else joined[joined.length - 1] = Math.max(last, end);
  }
  return joined;
}
