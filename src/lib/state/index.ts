/**
 * What one run of a command leaves for the next: small files of this user alone, below XDG_STATE_HOME. Nothing depends on
 * them: where they cannot be written or read, the next run knows nothing of the one before.
 */
export { openRuns, type Runs } from './runs.ts';
