import { KxError } from '../../lib/errors/index.ts';
import { namespaceNames, type NamespaceName } from '../../lib/privileged/index.ts';

function invalid(flag: string, text: string, why: string, hint?: string): KxError {
  return new KxError('KX_USAGE', `invalid argument "${text}" for "--${flag}" flag: ${why}`, { hint });
}

/** The names of `--namespaces`. Throws KX_USAGE. */
export function parseNamespaces(text: string): readonly NamespaceName[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !namespaceNames.includes(name as NamespaceName));
  if (wrong !== undefined) {
    throw invalid('namespaces', text, `there is no namespace "${wrong}"`, `they are ${namespaceNames.join(', ')}`);
  }
  return namespaceNames.filter((name) => names.includes(name));
}

/** UID or UID:GID, as numbers: names are of the target, and kx does not read its files. Throws KX_USAGE. */
export function parseRunAs(text: string): string {
  if (/^\d{1,10}(:\d{1,10})?$/.test(text)) return text;
  throw invalid('run-as', text, 'not UID or UID:GID', 'both are numbers, such as 1000:1000');
}

/** NAME=VALUE, as often as the flag is given or with commas between. Throws KX_USAGE. */
export function parsePairs(flag: string, texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text) => text.split(','));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw invalid(flag, pair, 'not of the form NAME=VALUE');
      if (name.startsWith('kx.dev/')) throw invalid(flag, pair, 'kx.dev/ is for kx itself');
      return [name, value];
    }),
  );
}
