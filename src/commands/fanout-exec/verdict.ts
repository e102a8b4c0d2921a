import type { KxError, KxCode } from '../../lib/errors/index.ts';
import type { Outcome } from '../../lib/fanout/index.ts';
import type { ExecTarget } from './exec-target.ts';

/**
 * What became of a target:
 * - `succeeded`, `failed`: it ended, with a code that is proven; 124 where `--timeout` ended it, 126 and 127 where it could
 *   not be started
 * - `not-reached`: it provably never started
 * - `unknown`: it may have started, and how it ended is not known
 * - `canceled`: kx ended it, after Ctrl-C or for `--fail-fast`
 * - `skipped`: it was never launched
 */
export const verdicts = ['succeeded', 'failed', 'not-reached', 'unknown', 'canceled', 'skipped'] as const;
export type Verdict = (typeof verdicts)[number];

/** The one result of one target. */
export interface Result {
  readonly outcome: Outcome<ExecTarget, number>;
  readonly verdict: Verdict;
  /** Set for `succeeded` and `failed`. */
  readonly code: number | undefined;
  readonly error: KxError | undefined;
}

/** What kx exits with for a target that was not reached, or whose ending is not known. */
const notProvenExit = 125;

const unstartable: readonly KxCode[] = ['KX_COMMAND_NOT_FOUND', 'KX_COMMAND_NOT_EXECUTABLE'];

export function judge(outcome: Outcome<ExecTarget, number>): Result {
  if (outcome.kind === 'skipped') return { outcome, verdict: 'skipped', code: undefined, error: undefined };
  if (outcome.kind === 'done') {
    const code = outcome.value;
    return { outcome, verdict: code === 0 ? 'succeeded' : 'failed', code, error: undefined };
  }
  const { error } = outcome;
  const isEnded = error.code === 'KX_TIMEOUT' && error.ran === 'yes';
  if (isEnded || unstartable.includes(error.code)) return { outcome, verdict: 'failed', code: error.exit, error };
  return { outcome, verdict: verdictOf(error), code: undefined, error };
}

function verdictOf({ code, ran }: KxError): Verdict {
  if (code === 'KX_CANCELED' && ran !== 'maybe') return 'canceled';
  return ran === 'no' ? 'not-reached' : 'unknown';
}

/** The larger of the largest remote code and, where an ending is not proven, 125; 0 only if all succeeded. */
export function exitCodeOf(results: readonly Result[]): number {
  const codes = results.map(({ verdict, code }) => {
    if (code !== undefined) return code;
    return verdict === 'not-reached' || verdict === 'unknown' ? notProvenExit : 0;
  });
  return codes.reduce((largest, code) => Math.max(largest, code), 0);
}

/** Errors of a target that may be gone a moment later. */
const passing: readonly KxCode[] = [
  'KX_UNREACHABLE',
  'KX_TARGET_NOT_RUNNING',
  'KX_HELPER_POD',
  'KX_CONNECTION_LOST',
  'KX_PROTOCOL',
  'KX_REMOTE',
];

/** Whether another attempt may end otherwise. */
export function isPassing({ code }: KxError): boolean {
  return passing.includes(code);
}

const words: Readonly<Record<Verdict, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  'not-reached': 'not reached',
  unknown: 'ended in an unknown way',
  canceled: 'canceled',
  skipped: 'skipped',
};

/** How many of a verdict, in words. */
export function countVerdict(verdict: Verdict, count: number): string {
  return `${count} ${words[verdict]}`;
}

/** How a target ended, in words: `exit code 2`, `not reached, KX_FORBIDDEN`. */
export function endingOf({ verdict, code, error }: Pick<Result, 'verdict' | 'code' | 'error'>): string {
  const how = verdict === 'failed' ? `exit code ${code ?? 0}` : words[verdict];
  return error === undefined || verdict === 'canceled' ? how : `${how}, ${error.code}`;
}
