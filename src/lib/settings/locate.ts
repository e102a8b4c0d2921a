import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { KxError } from '../errors/index.ts';

/** Where the settings file is looked for: KX_CONFIG, else kx/config.yaml in XDG_CONFIG_HOME, else in ~/.config. */
export function settingsPath(env: NodeJS.ProcessEnv): string {
  const named = env['KX_CONFIG'] ?? '';
  if (named !== '') return resolve(named);
  // https://specifications.freedesktop.org/basedir-spec: a path that is relative is to be ignored.
  const config = env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(config) ? config : join(env['HOME'] ?? homedir(), '.config'), 'kx', 'config.yaml');
}

/** The settings file, if there is one; it costs one look at the disk. Throws KX_CONFIG when KX_CONFIG names none. */
export function findSettingsFile(env: NodeJS.ProcessEnv): string | undefined {
  const path = settingsPath(env);
  if (exists(path)) return path;
  if ((env['KX_CONFIG'] ?? '') === '') return undefined;
  throw new KxError('KX_CONFIG', `there is no settings file ${path}`, { hint: 'the variable KX_CONFIG names it' });
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A part of the way is a file, or may not be read: whoever has no settings need not hear of it.
    return false;
  }
}
