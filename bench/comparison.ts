import type { Side } from './sides.ts';
import type { SourceName } from './sources.ts';

/** Words that begin with `kx` or `kubectl`, or a line for bash in which `kubectl` reaches the cluster. */
export type Contender = readonly string[] | string;

/** One comparison: the same job by all contenders. Local paths are relative to the temporary folder. */
export interface Comparison {
  /** What `--only` looks for. */
  readonly name: string;
  /** What a reader of the table needs to know. */
  readonly job: string;
  /** `kx` first; the others are what it is compared with, by the heading of their column. */
  readonly contenders: { readonly kx: Contender } & Readonly<Record<string, Contender>>;
  /** What is read: made before the first run, as `source/NAME` in the folder of that side. */
  readonly source?: { readonly side: Side; readonly name: SourceName };
  /** stdin is the source; absent: /dev/null. */
  readonly input?: true;
  /** Where the source must arrive whole, as `destination/NAME`, and nothing else; emptied before each run. */
  readonly destination?: Side;
  /** Where stdout goes: counted through a pipe, or thrown away. */
  readonly output: 'pipe' | 'null';
  /** What must have come out of the pipe, so that a fast wrong answer does not count. */
  readonly expect?: { readonly bytes?: number; readonly text?: RegExp };
  /** The largest peak memory of kx that is acceptable, in bytes; present: it is watched. */
  readonly memory?: number;
  /** How many times each; long ones fewer. */
  readonly runs: number;
  /** The largest ratio of wall time, kx to another contender, that is acceptable. */
  readonly targets?: Readonly<Record<string, number>>;
  /** The longest median of kx that is acceptable, in seconds. */
  readonly atMost?: number;
  /** How many pods of the fleet must run. */
  readonly pods?: number;
  /** How many files are copied, where the cost of one is of interest. */
  readonly files?: number;
}
