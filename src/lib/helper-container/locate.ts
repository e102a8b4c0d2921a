import { KxError } from '../errors/index.ts';
import type { Transport } from '../transport/index.ts';
import type { Helper } from './add.ts';
import { runScript } from './run-script.ts';

/**
 * Walks a path below a root and follows each symbolic link as a process of that root would: what is absolute begins at the
 * root again, and `..` does not leave it. A relative path begins at the working directory. 40 links are the kernel's limit.
 */
const script = [
  'command -v readlink >/dev/null || exit 127;',
  'root=$1; left=$2; done=; links=0;',
  'case $left in /*) ;; *) left=$(readlink "${root%/root}/cwd"; echo .); left=${left%??}/$2;; esac;',
  'while [ -n "$left" ]; do',
  '  case $left in */*) part=${left%%/*}; left=${left#*/};; *) part=$left; left=;; esac;',
  '  case $part in ""|.) continue;; ..) done=${done%/*}; continue;; esac;',
  '  if [ -L "$root$done/$part" ]; then',
  '    links=$((links + 1)); [ "$links" -le 40 ] || exit 40;',
  '    text=$(readlink "$root$done/$part"; echo .); text=${text%??};',
  '    case $text in /*) done=;; esac;',
  '    left=$text/$left;',
  '  else done=$done/$part; fi;',
  'done;',
  'printf %s "$root$done"',
].join(' ');

/**
 * The path in the helper of a path of its target, both as latin1 strings of bytes: without it the kernel follows absolute
 * symbolic links to the helper's own files. No part of the result is a link, nor does it end with a slash; it need not
 * exist. A relative path is relative to the working directory of the target.
 */
export async function locatePath(
  transport: Transport,
  helper: Helper,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const args = [helper.root, Buffer.from(path, 'latin1').toString('utf8')];
  const { stdout, stderr, status } = await runScript(transport, helper.target, { script, args }, signal);
  if (status.code === 0) return stdout.toString('latin1');
  const words = stderr.toString('latin1').trim();
  const why =
    { 40: 'too many levels of symbolic links', 127: 'the image of the helper has no readlink' }[status.code] ??
    (words === '' ? `exit code ${status.code}` : words);
  throw new KxError('KX_COPY_SOURCE', `cannot follow ${path} in the container: ${why}`, { ran: 'yes' });
}
