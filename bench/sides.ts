import { execFileSync } from 'node:child_process';
import { wayThere } from './places.ts';
import { env, kubectl } from './programs.ts';

export type Pod = 'one' | 'debian';
/** This machine, in the current directory, or a pod of the test cluster, in `podFolder`. Each has a `source` and a `destination`. */
export type Side = 'here' | Pod;

export const podFolder = '/tmp/kx-bench';

/** Makes the folder of a side anew, with nothing in it. */
export function prepareSide(side: Side): void {
  runAt(side, 'rm -rf source destination; mkdir source destination');
}

/** Removes what a pod has. */
export function clearPod(pod: Pod): void {
  runAt(pod, 'cd / && rm -rf "$1"', podFolder);
}

let kept = 0;

/**
 * Makes an empty destination and lets the disk come to rest, so that no run pays for the one before it. Many files are moved
 * out of the way: ext4 takes no inode that was freed in the last minute, and the next run would search for others.
 */
export function emptyDestination(side: Side): void {
  const move = 'if [ "$(find destination | head -n 200 | wc -l)" -ge 200 ]; then mv destination "kept-$1"; fi';
  runAt(side, `${move}; rm -rf destination && mkdir destination && sync`, `${kept++}`);
}

/** The number of files below `root` in `folder`, and a SHA-256 over their names and contents. */
export function fingerprint(side: Side, folder: 'source' | 'destination', root: string): string {
  const files = 'find "$2" -type f -print0';
  const script = `cd "$1" && ${files} | tr -dc '\\0' | wc -c && ${files} | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`;
  return runAt(side, script, folder, root)
    .replaceAll(/[\s-]+/g, ' ')
    .trim();
}

/** Runs a script of POSIX sh in the folder of a side and gives what it printed. */
function runAt(side: Side, script: string, ...args: string[]): string {
  const shell = (text: string) => ['sh', '-c', text, 'sh', ...args];
  const [file, ...rest] =
    side === 'here'
      ? shell(script)
      : [
          kubectl,
          ...wayThere().flags,
          'exec',
          side,
          '--',
          ...shell(`mkdir -p ${podFolder} && cd ${podFolder} && { ${script}; }`),
        ];
  return execFileSync(file!, rest, { env: env(), encoding: 'utf8' });
}
