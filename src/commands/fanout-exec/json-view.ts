import { textFields } from '../../lib/render/index.ts';
import type { Captured } from './capture.ts';
import { createCaptures, type CapturedOutput } from './captures.ts';
import type { LineOutput } from './line-output.ts';
import type { ExecTarget } from './exec-target.ts';
import type { Result } from './verdict.ts';
import type { View } from './view.ts';

/** `-o json`: a line for each target as it ends (docs/fanout.md has the schema). */
export function createJsonView(stdout: LineOutput, maxOutput: number): View {
  const captures = createCaptures(maxOutput);
  return {
    open: captures.open,
    show: async (result) => {
      const output = captures.take(result.outcome.target);
      const document = { ...describeResult(result), ...(await describeOutput(output)) };
      await stdout.write(Buffer.from(`${JSON.stringify(document)}\n`));
    },
    finish: () => Promise.resolve(),
    close: captures.close,
  };
}

/** What JSON says of a target, also for `--dry-run`. */
export function describeTarget({ kind, source, uid }: ExecTarget): object {
  const { context, namespace, pod, container, node } = source;
  const names =
    kind === 'container'
      ? { namespace, pod, uid: uid ?? null, container }
      : { namespace: null, pod: null, uid: uid ?? null, container: null };
  return { context: context ?? null, ...names, node: node ?? null };
}

function describeResult({ outcome, verdict, code, error }: Result): object {
  const { target, index } = outcome;
  const times =
    outcome.kind === 'skipped'
      ? { attempts: 0, startedAt: null, endedAt: null, durationMs: null }
      : {
          attempts: outcome.attempts,
          startedAt: new Date(outcome.startedAt).toISOString(),
          endedAt: new Date(outcome.endedAt).toISOString(),
          durationMs: outcome.endedAt - outcome.startedAt,
        };
  return {
    target: describeTarget(target),
    index,
    outcome: verdict,
    code: code ?? null,
    error:
      error === undefined
        ? null
        : { code: error.code, message: error.message, hint: error.hint ?? null, ran: error.ran },
    ...times,
  };
}

async function describeOutput(output: CapturedOutput | undefined): Promise<object> {
  const [stdout, stderr] = await Promise.all([readAll(output?.stdout), readAll(output?.stderr)]);
  return {
    ...textFields('stdout', stdout),
    ...textFields('stderr', stderr),
    bytes: { stdout: output?.stdout.total ?? 0, stderr: output?.stderr.total ?? 0 },
    truncated: { stdout: isCut(output?.stdout), stderr: isCut(output?.stderr) },
  };
}

/** Read once: nobody asks again. */
async function readAll(captured: Captured | undefined): Promise<Buffer> {
  if (captured === undefined) return Buffer.alloc(0);
  const bytes = await captured.read();
  captured.drop();
  return bytes;
}

function isCut({ total, kept }: Pick<Captured, 'total' | 'kept'> = { total: 0, kept: 0 }): boolean {
  return kept < total;
}
