import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Comparison } from './comparison.ts';
import type { Run } from './measure.ts';

/** The runs of one comparison. */
export interface Result {
  readonly comparison: Comparison;
  /** By contender. */
  readonly runs: Readonly<Record<string, readonly Run[]>>;
  /** The day, as in 2026-11-21. */
  readonly day: string;
}

const file = resolve(import.meta.dirname, 'results.json');

/** Keeps what was measured, in place of what was before, so that one comparison can be made again without all others. */
export function keepResult({ comparison, runs, day }: Result): void {
  writeFileSync(file, `${JSON.stringify({ ...read(), [comparison.name]: { day, runs } }, null, 1)}\n`);
}

/** The last results of these comparisons, in their order; those that were never measured are left out. */
export function keptResults(comparisons: readonly Comparison[]): Result[] {
  const kept = read();
  return comparisons.flatMap((comparison) => {
    const found = kept[comparison.name];
    return found === undefined ? [] : [{ comparison, ...found }];
  });
}

function read(): Record<string, Omit<Result, 'comparison'>> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Omit<Result, 'comparison'>>) : {};
}
