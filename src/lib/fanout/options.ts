import type { KxError } from '../errors/index.ts';

/** Targets whose task provably did nothing are tried again. Others never are. */
export interface Retries {
  /** How many more attempts at most. */
  readonly times: number;
  /** Milliseconds before the retry of that number, from 1. The place in the window is free meanwhile. */
  readonly pauseMs: (retry: number) => number;
  /** Whether another attempt may end otherwise. Only asked for errors whose `ran` is 'no'. */
  readonly isWorthwhile: (error: KxError) => boolean;
}

/** Targets come in groups: the next is launched when all of one have ended, and `pauseMs` later. */
export interface Batches {
  readonly size: number;
  readonly pauseMs: number;
}

/** How to run over targets. */
export interface FanoutOptions<R> {
  /** How many run at the same time, at most. */
  readonly parallelism: number;
  /** When it aborts no more are launched; what runs goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly batches?: Batches | undefined;
  /** No more are launched when so many have failed: rejected, or given what `hasFailed`. */
  readonly maxFailures?: number | undefined;
  readonly hasFailed?: ((value: R) => boolean) | undefined;
  readonly retries?: Retries | undefined;
}

/** What a task is told besides its target. */
export interface Launch {
  /** The place of the target among all, from 0. */
  readonly index: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

export type Task<T, R> = (target: T, launch: Launch) => Promise<R>;
