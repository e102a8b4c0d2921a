import { KxError } from '../errors/index.ts';

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const dnsLabel = new RegExp(`^${label}$`);
const dnsSubdomain = new RegExp(`^${label}(?:\\.${label})*$`);

/** Refuses (KX_USAGE) what cannot be the name of an object, so that it never becomes part of a path. */
export function checkName(what: string, name: string): void {
  if (name.length <= 253 && dnsSubdomain.test(name)) return;
  refuse(
    what,
    name,
    'names are lower-case letters, digits, "-" and ".", at most 253, and begin and end with a letter or digit',
  );
}

/** Refuses (KX_USAGE) what cannot be the name of a namespace. */
export function checkNamespace(name: string): void {
  if (name.length <= 63 && dnsLabel.test(name)) return;
  refuse('namespace', name, 'namespaces are lower-case letters, digits and "-", at most 63');
}

function refuse(what: string, name: string, hint: string): never {
  throw new KxError('KX_USAGE', `${quote(name)} cannot be the name of a ${what}`, { hint });
}

/** What a user typed, in quotes on one line: control characters escaped, cut when long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Up to three candidates that look like the word: those that begin with it first, then those with few typing errors. */
export function closestNames(word: string, candidates: readonly string[]): readonly string[] {
  const limit = Math.max(1, Math.floor(word.length / 4));
  return candidates
    .map((name) => ({ name, distance: name.startsWith(word) || word.startsWith(name) ? 0 : editDistance(word, name) }))
    .filter((each) => each.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map((each) => each.name);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
