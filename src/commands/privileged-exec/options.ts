import type { NamespaceName } from '../../lib/privileged/index.ts';
import type { CommandOptions } from '../exec/options.ts';
import type { HelperChoice } from './helper-flags.ts';

/** What the words of `kubectl kx privileged-exec` mean. Times are milliseconds. */
export interface PrivilegedExecOptions extends CommandOptions {
  /** POD, TYPE/NAME or node/NAME. */
  readonly reference: string;
  /** undefined: all that fit. */
  readonly namespaces: readonly NamespaceName[] | undefined;
  /** With the environment, directory and user of the target's first process. */
  readonly asContainer: boolean;
  /** UID or UID:GID. */
  readonly runAs: string | undefined;
  /** The image of `--tools`. */
  readonly tools: string | undefined;
  readonly helper: HelperChoice;
  /** Leave the helper pod there. */
  readonly keep: boolean;
  /** The name of one that was kept. */
  readonly reuse: string | undefined;
}
