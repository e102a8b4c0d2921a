import type { ConnectionFlags } from '../../lib/kube/index.ts';

/** One command in one container. Durations are milliseconds. */
export interface CommandOptions {
  readonly container: string | undefined;
  /** At least one word. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  /** What was asked for: it has an effect only with stdin that is a terminal. */
  readonly tty: boolean;
  readonly quiet: boolean;
  readonly podRunningTimeout: number;
  readonly timeout: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string | undefined;
  readonly dryRun: boolean;
  /** The file of `--record`. */
  readonly record: string | undefined;
  readonly connection: ConnectionFlags;
}

/** What the words of `kubectl kx exec` mean. */
export interface ExecOptions extends CommandOptions {
  /** POD or TYPE/NAME; undefined only where `filenames` has a name. */
  readonly reference: string | undefined;
  readonly filenames: readonly string[];
  /** The bytes that end the session; empty: none. */
  readonly detachKeys: Uint8Array;
  /** False with `--no-wrap`: the command goes to the server as it was typed, or not at all. */
  readonly wrap: boolean;
}
