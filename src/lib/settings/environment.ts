import { KxError } from '../errors/index.ts';
import { refuseValue, type FlagRules, type Settings } from './flag-rule.ts';

const prefix = 'KX_';

/** Whether any variable could be a setting. */
export function hasVariables(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(env).some((name) => name.startsWith(prefix));
}

/** The variable that a flag is set by: KX_MAX_LOG_REQUESTS for --max-log-requests. */
function variableOf(flag: string): string {
  return `${prefix}${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** What the environment says for the flags of a command; an empty variable is one that is not set. Throws KX_CONFIG. */
export function readEnvironment(env: NodeJS.ProcessEnv, flags: FlagRules): Settings {
  const settings = Object.entries(flags).flatMap(([flag, rule]) => {
    const [variable, value] = [variableOf(flag), env[variableOf(flag)] ?? ''];
    if (value === '' || rule.refused !== undefined) return [];
    const problem = refuseValue(value, rule);
    if (problem !== undefined) throw new KxError('KX_CONFIG', `${variable}: "${value}" ${problem}`);
    return [[flag, { values: [value], origin: variable, source: 'environment' as const }] as const];
  });
  return Object.fromEntries(settings);
}
