import { basename } from 'node:path';
import { KxError } from '../../lib/errors/index.ts';
import { readNamedFile } from '../read-named-file.ts';

/** A script of this machine that runs in containers. */
export interface Script {
  /** The command that reads the script from the beginning of its stdin, and runs it with the rest of it as input. */
  readonly command: (args: readonly string[]) => readonly string[];
  readonly bytes: Buffer;
}

/** What `dd` copies at once. */
const block = 64 * 1024;

/*
 * The script is taken off stdin to the byte, into a variable, for only a shell can hold it without a file: no argument is
 * longer than 128 KiB, and the file system may be read-only. A dot keeps the empty lines at its end. The interpreter then reads
 * it from a pipe under a name of its own, so that stdin is what is left of it. Nothing of it is in a command line, where audit
 * logs and other users would see it.
 */
const bootstrap = [
  'kx_n=$1; kx_m=$2; kx_i=$3; kx_a=$4; shift 4;',
  'kx_s=$({ [ $kx_n = 0 ] || dd bs=65536 count=$kx_n iflag=fullblock;',
  '[ $kx_m = 0 ] || dd bs=$kx_m count=1 iflag=fullblock; } 2>/dev/null; echo .);',
  'exec 8<&0; printf %s "${kx_s%.}" | { exec 9<&0 <&8 8<&-; exec "$kx_i" ${kx_a:+"$kx_a"} /dev/fd/9 "$@"; }',
].join(' ');

/** Reads the file of `--script`. Rejects with KX_USAGE for one that cannot be read, or that is no script. */
export function readScript(file: string): Script {
  const bytes = readNamedFile(file, `the script ${file}`);
  if (bytes.includes(0)) {
    throw new KxError('KX_USAGE', `${file} is a program, not a script`, {
      hint: 'kubectl kx cp brings it into the container',
    });
  }
  const { interpreter, argument } = readShebang(bytes.toString('utf8', 0, 4096));
  const amounts = [Math.floor(bytes.length / block), bytes.length % block].map(String);
  const name = file === '-' ? 'stdin' : basename(file);
  return {
    bytes,
    command: (args) => ['sh', '-c', bootstrap, name, ...amounts, interpreter, argument, ...args],
  };
}

/** As the kernel reads it: a program, and all that follows as one argument. Without one it is a script for `sh`. */
function readShebang(text: string): { interpreter: string; argument: string } {
  const [, interpreter = 'sh', argument = ''] = /^#![ \t]*(\S+)(?:[ \t]+([^\n]*?))?[ \t\r]*(?:\n|$)/.exec(text) ?? [];
  return { interpreter, argument };
}
