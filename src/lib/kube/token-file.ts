import { closeSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { dump, load } from 'js-yaml';

import { isFields, type Entry } from './kubeconfig.ts';
import { schema } from './yaml-documents.ts';

/**
 * Writes settings of a user's auth-provider into the kubeconfig that holds it: under the lock that client-go takes,
 * from what the file says now, in one step, with its mode kept. Throws what the file system throws.
 */
export function saveTokens(user: Entry, settings: Readonly<Record<string, string | undefined>>): void {
  const file = realpathSync(user.file);
  const lock = `${file}.lock`;
  closeSync(openSync(lock, 'wx', 0));
  try {
    const config = load(readFileSync(file, 'utf8'), { schema });
    Object.assign(providerConfig(config, user.name), settings);
    const next = `${file}.${process.pid}.tmp`;
    try {
      writeFileSync(next, dump(config, { lineWidth: -1, noRefs: true }), {
        mode: statSync(file).mode & 0o777,
        flag: 'wx',
      });
      renameSync(next, file);
    } finally {
      rmSync(next, { force: true });
    }
  } finally {
    rmSync(lock, { force: true });
  }
}

function providerConfig(config: unknown, name: string): object {
  const users = isFields(config) && Array.isArray(config['users']) ? (config['users'] as unknown[]) : [];
  const found = users.filter(isFields).find((one) => one['name'] === name)?.['user'];
  const provider = isFields(found) ? found['auth-provider'] : undefined;
  const settings = isFields(provider) ? provider['config'] : undefined;
  if (!isFields(settings)) throw new Error(`the user "${name}" is no longer there`);
  return settings;
}
