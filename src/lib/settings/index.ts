/**
 * The config file of kx: defaults for the flags of each command, for all contexts or one. It is checked against the flags that
 * there are, whole and with places, before anything of it counts.
 */

/** What is known of a flag. */
export interface FlagRule {
  readonly type: 'boolean' | 'option';
  readonly multiple?: boolean | undefined;
  /** The values it takes, where they are few. */
  readonly options?: readonly string[] | undefined;
  /** Why no setting may give it; undefined: one may. */
  readonly refused?: string | undefined;
}

/** The flags of each command by their long names. */
export type CommandRules = Readonly<Record<string, Readonly<Record<string, FlagRule>>>>;

/** A value for a flag, as the words that could stand on the command line ('true' or 'false' for a boolean), and where it is from. */
export interface Setting {
  readonly flag: string;
  readonly values: readonly string[];
  /** Such as `/home/me/.config/kx/config.yaml:3` or `KX_COLOR`. */
  readonly origin: string;
}

/** `~/.config/kx/config.yaml`, or where KX_CONFIG or XDG_CONFIG_HOME say; undefined when there is no file. */
export declare function findSettingsFile(env: NodeJS.ProcessEnv): string | undefined;
