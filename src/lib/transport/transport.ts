import type { ExecRequest, RemoteProcess } from '../process/index.ts';
import type { Target } from '../target/index.ts';

/** A way to get to a target. Transports are siblings and do not know of each other; one conformance suite holds all. */
export interface Transport {
  /** The word a user types after `--transport`. */
  readonly name: string;
  /**
   * Starts a command. Resolves when the connection stands, which is not yet "the command runs" (RemoteProcess.started).
   * Rejects with a KxError; its `ran` says whether something may have run.
   */
  exec(target: Target, request: ExecRequest, signal?: AbortSignal): Promise<RemoteProcess>;
}
