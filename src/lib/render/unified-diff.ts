import { structuredPatch } from 'diff';

/** One stretch of lines that differ, with what surrounds them. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** Each with ` `, `-`, `+` or `\` in front. */
  readonly lines: readonly string[];
}

/** Lines that are added or removed. More take too long to find, the square of their number, and nobody reads them. */
const mostEdits = 1000;

/** undefined when there are too many differences. */
export function findHunks(from: string, to: string): readonly Hunk[] | undefined {
  return structuredPatch('', '', from, to, '', '', { context: 3, maxEditLength: mostEdits })?.hunks;
}
