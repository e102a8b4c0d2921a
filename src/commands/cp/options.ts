import type { ConnectionFlags } from '../../lib/kube/index.ts';
import type { NodeHelperOptions } from '../privileged-exec/node-helpers.ts';
import type { ProgressMode } from './progress.ts';

/** What the words of `kubectl kx cp` mean. Durations are milliseconds, sizes bytes. */
export interface CopyOptions extends NodeHelperOptions {
  /** Sources and, last, the destination; at least two. */
  readonly specs: readonly string[];
  readonly container: string | undefined;
  readonly preserve: boolean;
  readonly sameOwner: boolean;
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  /** Files of patterns. */
  readonly excludeFrom: readonly string[];
  /** Infinity: without end. */
  readonly retries: number;
  /** Leave out the files that the destination has already. */
  readonly update: boolean;
  /** Go on with what the same command, given before, left undone. */
  readonly resume: boolean;
  /** Compare both ends by SHA-256: what is the same, and afterwards what has arrived. */
  readonly checksum: boolean;
  readonly compress: CompressFlag;
  readonly progress: ProgressMode;
  readonly quiet: boolean;
  readonly maxBytes: number | undefined;
  readonly maxFiles: number | undefined;
  readonly selector: string | undefined;
  readonly allPods: boolean;
  /** The labels of the nodes whose hosts `:PATH` is on; '' is all nodes. */
  readonly nodes: string | undefined;
  readonly parallelism: number;
  readonly dryRun: boolean;
  /** Of the container that stands in for one without a shell. */
  readonly helperImage: string;
  readonly connection: ConnectionFlags;
}

export const compressChoices = ['auto', 'none', 'gzip', 'zstd'] as const;
export type CompressFlag = (typeof compressChoices)[number];
