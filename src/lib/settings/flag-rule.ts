/** What is known of a flag. */
export interface FlagRule {
  readonly type: 'boolean' | 'option';
  readonly multiple?: boolean | undefined;
  /** The values it takes, where they are few. */
  readonly options?: readonly string[] | undefined;
  /** Why no setting may give it; undefined: one may. */
  readonly refused?: string | undefined;
}

/** The flags of a command by their long names. */
export type FlagRules = Readonly<Record<string, FlagRule>>;

/** What a settings file is checked against. */
export interface Rules {
  readonly commands: Readonly<Record<string, FlagRules>>;
  /** The candidate that a mistyped word most likely means. */
  nearest(word: string, candidates: readonly string[]): string | undefined;
}

/** A value for a flag. */
export interface Setting {
  /** As on the command line; 'true' or 'false' for a boolean. Several only where the flag takes several. */
  readonly values: readonly string[];
  /** Where it is from, for messages: `/home/me/.config/kx/config.yaml:3` or `KX_COLOR`. */
  readonly origin: string;
  /** The kind of place that is. `file` is its section `defaults`, `context` its section for the one context. */
  readonly source: 'environment' | 'context' | 'file';
}

/** Settings by the long names of their flags. */
export type Settings = Readonly<Record<string, Setting>>;

/** Why `text` is no value of the flag; undefined: it may be one. */
export function refuseValue(text: string, rule: FlagRule): string | undefined {
  const choices = rule.type === 'boolean' ? ['true', 'false'] : rule.options;
  return choices === undefined || choices.includes(text) ? undefined : `is not one of ${choices.join(', ')}`;
}
