import { createHash } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import { KxError } from '../errors/index.ts';
import type { Name, Report } from './entry.ts';
import { listLocalTree } from './listing.ts';
import { below, fsPath } from './local/path.ts';
import type { RemoteEnd } from './remote-end.ts';
import { rootScript, runScript } from './run-script.ts';
import { encodeWord } from './shell-word.ts';

/** The SHA-256 of every file of a tree, in hexadecimal, by path; '' is the root. */
export type Sums = ReadonlyMap<Name, string>;

/** Reads every file of a tree of this machine. What cannot be read has no sum. */
export async function sumLocalTree(root: Name): Promise<Sums> {
  const sums = new Map<Name, string>();
  for (const [path, { kind }] of listLocalTree(root)) {
    if (kind !== 'file') continue;
    const sum = await sumFile(fsPath(below(root, path))).catch(() => undefined);
    if (sum !== undefined) sums.set(path, sum);
  }
  return sums;
}

async function sumFile(path: string | Buffer): Promise<string> {
  const hash = createHash('sha256');
  // bun opens no stream of a name that is bytes.
  const fd = openSync(path, 'r');
  for await (const chunk of createReadStream('', { fd, highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Reads every file of a tree of a container, there; of none there are none. Rejects with KX_COPY_SOURCE where it has no sha256sum or find. */
export function sumRemoteTree(end: RemoteEnd, root: Name): Promise<Sums> {
  return runScript(end, sumScript, [encodeWord(root)], ({ stdout, stderr, status: { code } }) => {
    const sums = readSums(stdout.toString('latin1'));
    if (sums.size > 0 || code === 0) return sums;
    const words = stderr.toString('latin1').trim().split('\n').at(-1) || `exit code ${code}`;
    throw new KxError('KX_COPY_SOURCE', `cannot compare by checksum: ${words}`, { ran: 'yes' });
  });
}

const sumScript = `LC_ALL=C; export LC_ALL; ${rootScript} if [ -d "$kx_p" ]; then cd "$kx_p" && find . -type f -exec sha256sum {} +; elif [ -e "$kx_p" ]; then sha256sum <"$kx_p"; fi`;

/** GNU and newer busybox escape backslash and newline in names, and say so by a backslash in front of the line. */
function readSums(text: string): Sums {
  const sums = new Map<Name, string>();
  for (const line of text.split('\n')) {
    const [, escaped, sum, name] = /^(\\?)([0-9a-f]{64}) [ *](?:-|\.\/(.*))$/s.exec(line) ?? [];
    if (sum === undefined) continue;
    const path = name ?? '';
    sums.set(escaped === '' ? path : path.replace(/\\([\\nr])/g, (_, c: string) => escapes[c] ?? ''), sum);
  }
  return sums;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\', n: '\n', r: '\r' };

/** Reports every one of the paths whose sums differ, or that has none at one end, and gives how many. */
export function compareSums(paths: Iterable<Name>, from: Sums, to: Sums, report: Report): number {
  let different = 0;
  for (const path of paths) {
    const [here, there] = [from.get(path), to.get(path)];
    if (here !== undefined && here === there) continue;
    different++;
    const message =
      there === undefined ? 'is not at the destination' : here === undefined ? 'is gone from the source' : 'differs';
    report({ level: 'failure', path, message: `checksum: ${message}` });
  }
  return different;
}

/** The error of a copy whose ends differ. */
export function mismatch(different: number): KxError {
  return new KxError('KX_COPY_MISMATCH', `${different} of the copied files ${different === 1 ? 'differs' : 'differ'}`, {
    ran: 'yes',
    hint: 'a file that is written to while it is copied differs too: try again',
  });
}
