import type { Target } from '../target/index.ts';
import type { Transport } from '../transport/index.ts';
import type { Retry } from './retry.ts';

/** The container at one end of a copy. */
export interface RemoteEnd {
  /** Without a wrapper around it. */
  readonly transport: Transport;
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly retry: Retry;
}
