import type { ConnectionFlags } from '../../lib/kube/index.ts';
import type { ColorChoice } from '../../lib/render/index.ts';
import type { NodeHelperOptions } from '../privileged-exec/node-helpers.ts';
import type { Amount } from './amount.ts';

/** Where to run. Regular expressions are text yet: `/…/` is one, everything else is a name. */
export interface TargetOptions {
  /** Empty: the one of the connection. */
  readonly contexts: readonly string[];
  /** Empty: the one of each context. */
  readonly namespaces: readonly string[] | 'all';
  /** Every node, instead of pods. */
  readonly allNodes: boolean;
  /** Nodes with these labels, instead of pods. */
  readonly nodes: string | undefined;
  /** POD, TYPE/NAME or /REGEX/; or node/NAME. */
  readonly words: readonly string[];
  /** More of them; `-` is stdin. */
  readonly file: string | undefined;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly node: string | undefined;
  /** Pods, or nodes, that are left out: names and /REGEX/. */
  readonly exclude: readonly string[];
  /** A name or /REGEX/; absent: the default of each pod. */
  readonly container: string | undefined;
  readonly allContainers: boolean;
  /** So many of all that fit. */
  readonly pick: number | undefined;
}

export const outputChoices = ['stream', 'gather', 'diff', 'json', 'summary'] as const;
export type OutputMode = (typeof outputChoices)[number];

/** What the words of `kubectl kx fanout-exec` mean. Durations are milliseconds, sizes bytes. */
export interface FanoutExecOptions extends NodeHelperOptions {
  readonly targets: TargetOptions;
  /** Behind `--`: the command, or the arguments of the script. */
  readonly words: readonly string[];
  /** The file of `--script`. */
  readonly script: string | undefined;
  readonly stdin: boolean;
  readonly timeout: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  readonly wrap: boolean;
  readonly parallelism: number;
  readonly retries: number;
  readonly batch: Amount | undefined;
  readonly batchPause: number;
  readonly maxFailures: Amount | undefined;
  readonly failFast: boolean;
  readonly output: OutputMode;
  readonly outdir: string | undefined;
  /** Of each output of each target; undefined: what suits the place that it goes to. */
  readonly maxOutput: number | undefined;
  readonly color: ColorChoice;
  readonly quiet: boolean;
  readonly ignoreFailures: boolean;
  readonly dryRun: boolean;
  readonly connection: ConnectionFlags;
}
