import type { Name, Problem } from '../entry.ts';

/** After these the archive has what it should. */
const harmless =
  /file changed as we read it|file removed before we read it|socket ignored|special file ignored|unknown file type|removing leading/i;
/** These say again that there was something else. */
const summary = /exiting with failure status|error exit delayed|^had errors$|short read$/i;

/**
 * What a tar says on stderr about one path, as in "tar: ./a: Cannot open: Permission denied" (GNU, busybox) and "tar: can't open
 * './a': Permission denied" (busybox, toybox). `path` is the member as the tar names it, '' when the line has none;
 * undefined for a line that sums up others.
 */
export function readTarMessage(line: string): Problem | undefined {
  const words = line.replace(/^[\w./-]*(tar|sh): /, '').trim();
  if (words === '' || summary.test(words)) return undefined;
  const level = harmless.test(words) ? 'warning' : 'failure';
  const [, quoted, reason] = / '(\.(?:\/.*)?)': (.*)$/s.exec(words) ?? [];
  if (quoted !== undefined && reason !== undefined) return { level, path: quoted, message: reason };
  // Greedy: GNU escapes a colon in a name, and what follows the name has at most one more.
  const [, path, message] =
    /^(\.(?:\/.*?)?): ((?:Cannot|File|file|socket|special|Read|Unknown|[A-Z]).*)$/s.exec(words) ?? [];
  if (path !== undefined && message !== undefined) return { level, path: unescapeName(path), message };
  return { level, path: '', message: words };
}

const letters: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** GNU tar writes names with escapes. */
function unescapeName(name: Name): Name {
  return name.replace(/\\([0-7]{3}|.)/gs, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(parseInt(code, 8) & 0xff) : (letters[code] ?? code),
  );
}
