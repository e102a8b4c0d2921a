import type { ConnectionFlags } from '../../lib/kube/index.ts';
import type { NamespaceName } from '../../lib/privileged/index.ts';

/** What the words of `kubectl kx privileged-exec` mean. Times are milliseconds. */
export interface PrivilegedExecOptions {
  /** POD, TYPE/NAME or node/NAME. */
  readonly reference: string;
  readonly container: string | undefined;
  /** At least one word. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
  readonly podRunningTimeout: number;
  readonly timeout: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  readonly record: string | undefined;
  readonly dryRun: boolean;
  /** undefined: all that fit. */
  readonly namespaces: readonly NamespaceName[] | undefined;
  /** With the environment, directory and user of the target's first process. */
  readonly asContainer: boolean;
  /** UID or UID:GID. */
  readonly runAs: string | undefined;
  /** The image of `--tools`. */
  readonly tools: string | undefined;
  readonly helper: HelperChoice;
  readonly connection: ConnectionFlags;
}

/** What the helper pod is to be like. */
export interface HelperChoice {
  readonly image: string;
  readonly namespace: string | undefined;
  readonly pullSecrets: readonly string[];
  readonly resources: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly lifetime: number;
  readonly keep: boolean;
  /** The name of one that was kept. */
  readonly reuse: string | undefined;
}
