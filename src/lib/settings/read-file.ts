import { readFileSync } from 'node:fs';
import { KxError } from '../errors/index.ts';
import { checkCommands, checkFields, type Checking } from './check.ts';
import type { Rules, Settings } from './flag-rule.ts';
import { parsePlacedYaml, type PlacedYaml } from './yaml-places.ts';

/** The settings of each command. */
export type CommandSettings = Readonly<Record<string, Settings>>;

/** What a settings file says. */
export interface SettingsFile {
  readonly defaults: CommandSettings;
  /** By the names of contexts. */
  readonly contexts: Readonly<Record<string, CommandSettings>>;
}

/** Reads a settings file and checks all of it. Throws KX_CONFIG with the file and the line. */
export function readSettingsFile(path: string, rules: Rules): SettingsFile {
  const { documents, lineOf } = parse(read(path), path);
  const checking: Checking = { rules, originOf: (keys) => `${path}:${lineOf(keys)}` };
  if (documents.length > 1) throw new KxError('KX_CONFIG', `${path}: there is more than one document`);
  const root = checkFields(documents[0], [], ['defaults', 'contexts'], checking);
  const contexts = checkFields(root['contexts'], ['contexts'], undefined, checking);
  return {
    defaults: checkCommands(root['defaults'], ['defaults'], checking),
    contexts: Object.fromEntries(
      Object.entries(contexts).map(([name, value]) => {
        const keys = ['contexts', name];
        const { defaults } = checkFields(value, keys, ['defaults'], checking);
        return [name, checkCommands(defaults, [...keys, 'defaults'], checking)];
      }),
    ),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? 'permission denied' : code === 'EISDIR' ? 'it is a directory' : code;
    throw new KxError('KX_CONFIG', `cannot read the settings file ${path}: ${why}`, { cause });
  }
}

function parse(text: string, path: string): PlacedYaml {
  try {
    return parsePlacedYaml(text);
  } catch (cause) {
    const { reason = 'it cannot be parsed', mark } = cause as { reason?: string; mark?: { line: number } };
    const place = mark === undefined ? path : `${path}:${mark.line + 1}`;
    throw new KxError('KX_CONFIG', `${place} is not valid YAML: ${reason}`, { cause });
  }
}
