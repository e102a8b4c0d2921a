import { readEnvironment } from './environment.ts';
import type { Rules, Settings } from './flag-rule.ts';

export interface SettingsOptions {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  /** The settings file, if there is one. */
  readonly file: string | undefined;
  readonly rules: Rules;
  /** The name of the context that the command is for; asked for only where the file says something of contexts. */
  readonly context: () => Promise<string | undefined>;
}

/** The settings that count for a command: of the environment, else of the context, else the defaults. Rejects with KX_CONFIG. */
export async function chooseSettings({ command, env, file, rules, context }: SettingsOptions): Promise<Settings> {
  const fromEnvironment = readEnvironment(env, rules.commands[command] ?? {});
  if (file === undefined) return fromEnvironment;
  const { readSettingsFile } = await import('./read-file.ts');
  const { defaults, contexts } = readSettingsFile(file, rules);
  const isAsked = Object.values(contexts).some((commands) => Object.hasOwn(commands, command));
  const name = isAsked ? await context() : undefined;
  const forContext = name === undefined || !Object.hasOwn(contexts, name) ? undefined : contexts[name]?.[command];
  return { ...defaults[command], ...forContext, ...fromEnvironment };
}
