import { createCapturer, type Captured } from './capture.ts';
import { createScratch } from './scratch.ts';
import type { ExecTarget } from './exec-target.ts';
import type { TargetStreams } from './view.ts';

/** Both outputs of a target that has ended. */
export interface CapturedOutput {
  readonly stdout: Captured;
  readonly stderr: Captured;
}

/** The outputs of all targets, until somebody takes them. */
export interface Captures {
  readonly open: (target: ExecTarget) => TargetStreams;
  /** Gives them away; undefined for a target on which nothing was started. */
  readonly take: (target: ExecTarget) => CapturedOutput | undefined;
  readonly close: () => Promise<void>;
}

export function createCaptures(maxOutput: number): Captures {
  const scratch = createScratch();
  const capture = createCapturer(scratch);
  const kept = new Map<ExecTarget, CapturedOutput>();
  return {
    open: (target) => {
      const [stdout, stderr] = [capture(maxOutput), capture(maxOutput)];
      kept.set(target, { stdout: stdout.captured, stderr: stderr.captured });
      return { stdout: stdout.stream, stderr: stderr.stream };
    },
    take: (target) => {
      const output = kept.get(target);
      kept.delete(target);
      return output;
    },
    close: () => scratch.close(),
  };
}
