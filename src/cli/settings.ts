import { KxError } from '../lib/errors/index.ts';
import { readKubeconfig } from '../lib/kube/index.ts';
import {
  chooseSettings,
  findSettingsFile,
  hasVariables,
  type FlagRule,
  type Rules,
  type Setting,
  type Settings,
} from '../lib/settings/index.ts';
import type { CommandManifest, FlagManifest } from './help.ts';
import { scanWords } from './scan-words.ts';
import { suggest } from './suggest.ts';

/**
 * The settings for those flags of a command that its words do not give. Where there are none at all it costs one look at the
 * disk. Rejects with KX_CONFIG.
 */
export async function settingsFor(
  command: string,
  words: readonly string[],
  commands: Readonly<Record<string, CommandManifest>>,
  env: NodeJS.ProcessEnv,
): Promise<Settings> {
  // What shows the settings must do so whatever they are.
  if (command === shower) return {};
  const file = findSettingsFile(env);
  if (file === undefined && !hasVariables(env)) return {};
  const flags = commands[command]?.flags ?? {};
  const given = new Map<string, string[]>();
  for (const token of scanWords(words, flags)) {
    if (token.kind === 'flag') given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
  }
  const settings = await chooseSettings({
    command,
    env,
    file,
    rules: rulesOf(commands),
    context: () => contextOf(given, flags, env),
  });
  return Object.fromEntries(Object.entries(settings).filter(([flag]) => !given.has(flag)));
}

/** The command that shows settings, and takes none. */
const shower = 'config';

/** What settings are checked with: the flags of all commands that take any. */
export function rulesOf(commands: Readonly<Record<string, CommandManifest>>): Rules {
  const rules = Object.entries(commands)
    .filter(([command]) => command !== shower)
    .map(([command, { flags }]): [string, Record<string, FlagRule>] => [
      command,
      Object.fromEntries(Object.entries(flags).map(([flag, known]) => [flag, ruleOf(flag, known)])),
    ]);
  return { commands: Object.fromEntries(rules), nearest: suggest };
}

type Parse = (value: string, context: unknown, flag: unknown) => unknown;

/** Refuses values that the parser of the flag does not take. Rejects with KX_CONFIG. */
export async function checkValues(
  { values, origin }: Setting,
  flag: { readonly type: string; readonly parse?: unknown } | undefined,
  context: unknown,
): Promise<void> {
  try {
    for (const value of flag?.type === 'option' ? values : []) await (flag?.parse as Parse)(value, context, flag);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new KxError('KX_CONFIG', `${origin}: ${problem}`, { cause });
  }
}

function ruleOf(flag: string, { type, multiple, options, helpGroup }: FlagManifest): FlagRule {
  return { type, multiple, options, refused: refusalOf(flag, helpGroup) };
}

/** A file that is not the kubeconfig must not say where to connect, as whom, and whom to trust. */
function refusalOf(flag: string, group: string | undefined): string | undefined {
  if (group === 'Connection' || flag.startsWith('insecure-')) return 'how to connect is said by the kubeconfig';
  return flag === 'help' ? 'it would leave nothing else' : undefined;
}

/** The one context that a command is for; undefined when it is for none, or several. */
async function contextOf(
  given: ReadonlyMap<string, readonly string[]>,
  flags: Readonly<Record<string, FlagManifest>>,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const known = flags['context'];
  if (known === undefined) return undefined;
  const named = given.get('context') ?? [];
  if (named.length > 0) return named.length > 1 && known.multiple === true ? undefined : named.at(-1);
  return (await readKubeconfig(given.get('kubeconfig')?.at(-1), env)).currentContext;
}
