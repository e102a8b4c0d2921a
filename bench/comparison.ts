import type { Place } from './places.ts';
import type { Side } from './sides.ts';
import type { SourceName } from './sources.ts';

/** Words that begin with `kx` or `kubectl`, or a line for bash in which `kubectl` reaches the cluster. */
export type Contender = readonly string[] | string;

/** Pods whose logs are followed until each has said all of its lines. */
export interface Following {
  readonly pods: number;
  /** Lines a second of each. */
  readonly rate: number;
  readonly lines: number;
}

/** One comparison: the same job by all contenders. Local paths are relative to the temporary folder. */
export interface Comparison {
  /** What `--only` looks for. */
  readonly name: string;
  /** Where; absent: on the test cluster. */
  readonly place?: Place;
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
  /** Where stdout goes: counted through a pipe, into a file, or thrown away. */
  readonly output: 'pipe' | 'file' | 'null';
  /** What must have come out, so that a fast wrong answer does not count. */
  readonly expect?: { readonly bytes?: number; readonly text?: RegExp };
  /** The largest peak memory of kx that is acceptable, in bytes; present: it is watched. */
  readonly memory?: number;
  /** How many times each; long ones fewer. */
  readonly runs: number;
  /** The largest ratio of wall time, kx to another contender, that is acceptable. */
  readonly targets?: Readonly<Record<string, number>>;
  /** The longest median of kx that is acceptable, in seconds. */
  readonly atMost?: number;
  /** How many pods of the fleet must run on the test cluster. */
  readonly pods?: number;
  /** Logs are followed, in a sandbox: the times are CPU times, and lines that do not come are counted. */
  readonly following?: Following;
  /** Whether the pod with the long log must be there. */
  readonly longPod?: true;
  /** How many files are copied, or commands run, where the cost of one is of interest. */
  readonly count?: number;
}
