import { KxError } from '../errors/index.ts';
import { refuseValue, type FlagRule, type Rules, type Setting, type Settings } from './flag-rule.ts';

/** What everything in a file is checked with. */
export interface Checking {
  readonly rules: Rules;
  /** `FILE:LINE` of the key that these keys lead to. */
  readonly originOf: (keys: readonly string[]) => string;
}

type Keys = readonly string[];

/** A mapping, empty where there is nothing, whose keys are among `known` unless that is undefined. Throws KX_CONFIG. */
export function checkFields(
  value: unknown,
  keys: Keys,
  known: readonly string[] | undefined,
  checking: Checking,
): Readonly<Record<string, unknown>> {
  if (value === undefined || value === '') return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(keys, `${keys.join('.') || 'the file'} is not a mapping`, undefined, checking);
  }
  const unknown = known === undefined ? undefined : Object.keys(value).find((key) => !known.includes(key));
  if (known !== undefined && unknown !== undefined) {
    const hint = hintFor(unknown, known, checking);
    throw invalid([...keys, unknown], `there is no setting ${[...keys, unknown].join('.')}`, hint, checking);
  }
  return value as Record<string, unknown>;
}

/** The settings of commands. Throws KX_CONFIG. */
export function checkCommands(value: unknown, keys: Keys, checking: Checking): Readonly<Record<string, Settings>> {
  const { commands } = checking.rules;
  const fields = checkFields(value, keys, Object.keys(commands), checking);
  return Object.fromEntries(
    Object.entries(fields).map(([command, flags]) => [
      command,
      checkFlags(flags, [...keys, command], command, checking),
    ]),
  );
}

function checkFlags(value: unknown, keys: Keys, command: string, checking: Checking): Settings {
  const rules = checking.rules.commands[command] ?? {};
  const fields = checkFields(value, keys, Object.keys(rules), checking);
  return Object.fromEntries(
    Object.entries(fields).map(([flag, given]) => [flag, checkValue(given, [...keys, flag], rules[flag], checking)]),
  );
}

function checkValue(value: unknown, keys: Keys, rule: FlagRule | undefined, checking: Checking): Setting {
  const name = keys.join('.');
  if (rule?.refused !== undefined)
    throw invalid(keys, `${name} cannot be set in a file: ${rule.refused}`, undefined, checking);
  const items: readonly unknown[] = Array.isArray(value) && rule?.multiple === true ? value : [value];
  const values = items.map((item) => {
    const text = typeof item === 'string' ? item : '';
    const problem = text === '' ? 'has no value that a flag can take' : rule && refuseValue(text, rule);
    if (problem === undefined) return text;
    const shown = text === '' ? name : `${name}: "${text}"`;
    throw invalid(keys, `${shown} ${problem}`, hintFor(text, rule?.options ?? [], checking), checking);
  });
  return { values, origin: checking.originOf(keys), source: keys[0] === 'contexts' ? 'context' : 'file' };
}

function hintFor(word: string, candidates: readonly string[], { rules }: Checking): string | undefined {
  const near = rules.nearest(word, candidates);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

function invalid(keys: Keys, problem: string, hint: string | undefined, { originOf }: Checking): KxError {
  return new KxError('KX_CONFIG', `${originOf(keys)}: ${problem}`, { hint });
}
