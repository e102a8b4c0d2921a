import { formatClock } from '../text/index.ts';

export interface ProgressFacts {
  readonly total: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Since the start. */
  readonly elapsedMs: number;
}

/** One line without a line feed, no wider than `width` columns: `12/200 done  8 running  1 failed  0:12 left`. */
export function progressText({ total, running, succeeded, failed, elapsedMs }: ProgressFacts, width: number): string {
  const done = succeeded + failed;
  const parts = [`${done}/${total} done`, `${running} running`, `${failed} failed`];
  if (done > 0 && done < total) parts.push(`${formatClock((elapsedMs / 1000 / done) * (total - done))} left`);
  return parts.join('  ').slice(0, Math.max(0, width));
}
