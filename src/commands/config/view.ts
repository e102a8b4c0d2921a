import type { CommandManifest, FlagManifest } from '../../cli/help.ts';
import { rulesOf } from '../../cli/settings.ts';
import { hintAt } from '../../cli/suggest.ts';
import { KxError } from '../../lib/errors/index.ts';
import { readKubeconfig } from '../../lib/kube/index.ts';
import { chooseSettings, findSettingsFile, type Setting } from '../../lib/settings/index.ts';

/** A flag as oclif.manifest.json has it, with the value that it has by itself. */
interface DescribedFlag extends FlagManifest {
  readonly default?: string | number | boolean;
}

export type DescribedCommands = Readonly<
  Record<string, CommandManifest & { readonly flags: Readonly<Record<string, DescribedFlag>> }>
>;

/** A flag with a value that was not typed. docs/config.md has the schema. */
interface ViewedSetting {
  readonly value: string | readonly string[];
  readonly source: Setting['source'] | 'default';
  /** A variable, or a file and a line; null: kx itself. */
  readonly origin: string | null;
}

export interface SettingsView {
  readonly apiVersion: 'kx.dev/v1';
  readonly kind: 'SettingsView';
  readonly file: string | null;
  readonly context: string | null;
  readonly commands: Readonly<Record<string, Readonly<Record<string, ViewedSetting>>>>;
}

export interface ViewRequest {
  readonly commands: DescribedCommands;
  readonly env: NodeJS.ProcessEnv;
  readonly kubeconfig: string | undefined;
  /** undefined: the current one. */
  readonly context: string | undefined;
  /** Rejects with KX_CONFIG where the command would refuse the value. */
  readonly check: (command: string, flag: string, setting: Setting) => Promise<void>;
}

/**
 * What counts where nothing is typed, for every command that takes settings. Rejects with KX_CONFIG as the commands do, and for
 * a context that is not in the kubeconfig.
 */
export async function viewSettings({ commands, env, check, ...request }: ViewRequest): Promise<SettingsView> {
  const file = findSettingsFile(env);
  const rules = rulesOf(commands);
  const context = await findContext(request, env);
  const viewed: Record<string, Record<string, ViewedSetting>> = {};
  for (const command of Object.keys(rules.commands)) {
    const flags = commands[command]?.flags ?? {};
    // As for the command itself: one that connects to nothing is in no context.
    const own = () => Promise.resolve(Object.hasOwn(flags, 'context') ? context : undefined);
    const settings = Object.entries(await chooseSettings({ command, env, file, rules, context: own }));
    for (const [flag, setting] of settings) await check(command, flag, setting);
    const rows = [
      ...Object.entries(flags).flatMap(([flag, known]) => defaultOf(flag, known)),
      ...settings.map(([flag, setting]) => [flag, viewOf(setting, flags[flag])] as const),
    ];
    if (rows.length > 0) viewed[command] = Object.fromEntries(rows);
  }
  return {
    apiVersion: 'kx.dev/v1',
    kind: 'SettingsView',
    file: file ?? null,
    context: context ?? null,
    commands: viewed,
  };
}

async function findContext(
  { kubeconfig, context }: Pick<ViewRequest, 'kubeconfig' | 'context'>,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const { contexts, currentContext } = await readKubeconfig(kubeconfig, env);
  if (context === undefined) return currentContext;
  if (contexts.has(context)) return context;
  throw new KxError('KX_CONFIG', `context "${context}" is not in the kubeconfig`, {
    hint: hintAt(context, contexts.keys()),
  });
}

function viewOf({ values, source, origin }: Setting, flag: DescribedFlag | undefined): ViewedSetting {
  return { value: flag?.multiple === true ? values : (values.at(-1) ?? ''), source, origin };
}

/** Spelled as on the command line: a duration is kept in milliseconds. */
function defaultOf(
  flag: string,
  { default: value, helpValue }: DescribedFlag,
): readonly (readonly [string, ViewedSetting])[] {
  if (value === undefined) return [];
  const spelled = helpValue === 'DURATION' ? `${Number(value) / 1000}s` : String(value);
  return [[flag, { value: spelled, source: 'default', origin: null }]];
}
