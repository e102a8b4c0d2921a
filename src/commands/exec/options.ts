import type { ConnectionFlags } from '../../lib/kube/index.ts';

/** What the words of `kubectl kx exec` mean. Durations are milliseconds. */
export interface ExecOptions {
  /** POD or TYPE/NAME; undefined only where `filenames` has a name. */
  readonly reference: string | undefined;
  readonly filenames: readonly string[];
  readonly container: string | undefined;
  /** At least one word. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  /** What was asked for: it has an effect only with stdin that is a terminal. */
  readonly tty: boolean;
  readonly quiet: boolean;
  readonly podRunningTimeout: number;
  /** The bytes that end the session; empty: none. */
  readonly detachKeys: Uint8Array;
  readonly timeout: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  /** False with `--no-wrap`: the command goes to the server as it was typed, or not at all. */
  readonly wrap: boolean;
  readonly dryRun: boolean;
  /** The file of `--record`. */
  readonly record: string | undefined;
  readonly connection: ConnectionFlags;
}
