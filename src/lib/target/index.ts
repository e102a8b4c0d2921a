/** Where a command runs: what the user typed (a reference), and the one container it means (a target). */
export type { Target } from './target.ts';
