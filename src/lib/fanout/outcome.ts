import type { KxError } from '../errors/index.ts';

/** A target that was launched. Times are milliseconds since 1970. */
export interface Attempted<T> {
  readonly target: T;
  /** Its place among the targets, from 0. */
  readonly index: number;
  /** How often the task was started on it. */
  readonly attempts: number;
  /** When the first attempt began. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What the task gave for a target. */
export interface Done<T, R> extends Attempted<T> {
  readonly kind: 'done';
  readonly value: R;
}

/** What the task rejected with, at the last attempt. */
export interface Failed<T> extends Attempted<T> {
  readonly kind: 'error';
  readonly error: KxError;
}

/** A target that was never launched. */
export interface Skipped<T> {
  readonly kind: 'skipped';
  readonly target: T;
  readonly index: number;
  /** The signal aborted, or there were too many failures. */
  readonly why: 'canceled' | 'failures';
}

/** What became of one target; each has exactly one. */
export type Outcome<T, R> = Done<T, R> | Failed<T> | Skipped<T>;
