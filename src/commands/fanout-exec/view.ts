import type { Writable } from 'node:stream';
import type { ExecTarget } from './exec-target.ts';
import type { Result } from './verdict.ts';

/** Where the output of one target goes. Both are ended when it has ended. */
export interface TargetStreams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** One way to show a fan-out. */
export interface View {
  /** Told of targets before anything is started on them. */
  readonly expect?: (targets: readonly ExecTarget[]) => void;
  /** Called once a command has been started, at most once for each target. */
  readonly open: (target: ExecTarget) => TargetStreams;
  /** Shows a target that has ended; its streams have finished. */
  readonly show: (result: Result) => Promise<void>;
  /** Shows what needs all of them. */
  readonly finish: () => Promise<void>;
  /** Gives back what the view holds, whatever happened. */
  readonly close: () => Promise<void>;
}
