/**
 * Runs a task over many targets in a sliding window: as soon as one has ended the next is launched, so that a slow one delays
 * nobody. Outcomes come as they end. What the task is, and what a target is, this folder does not know.
 */
export { fanout } from './fanout.ts';
export type { FanoutOptions, Launch, Task } from './options.ts';
export type { Outcome } from './outcome.ts';
