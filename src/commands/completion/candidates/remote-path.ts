import { KxError } from '../../../lib/errors/index.ts';
import { parseReference, resolveTarget, type Reference } from '../../../lib/target/index.ts';
import { apiserverTransport, runToEnd, targetingTransport } from '../../../lib/transport/index.ts';
import { nothing, type Completions } from '../completions.ts';
import type { Line } from '../read-line.ts';
import type { World } from '../world.ts';

/** More names than this no shell shows, and no reader reads. */
const mostNames = 500;

/*
 * What begins with the first argument, directories with a slash behind them, each with a NUL behind it; `d` as the second
 * argument leaves out what is no directory. Only words that every shell has itself: the image may have no ls.
 */
const script = [
  'n=0; case $1 in -*) p=./$1; c=./;; *) p=$1; c=;; esac;',
  'for f in "$p"*; do case $f in .|..|*/.|*/..) continue;; esac; if [ -d "$f" ]; then s=/; elif [ "$2" = d ]; then continue;',
  'elif [ -e "$f" ] || [ -L "$f" ]; then s=; else continue; fi;',
  `n=$((n+1)); [ $n -gt ${mostNames} ] && exit; printf "%s\\0" "\${f#"$c"}$s"; done`,
].join(' ');

/** Where paths are looked for. */
interface Place {
  readonly namespace?: string | undefined;
  readonly reference: Reference;
}

/** The paths in a container that begin with `start`, by one short command in it. Rejects where there is no `sh`. */
export async function remotePaths(
  start: string,
  place: Place,
  line: Line,
  world: World,
  only: 'all' | 'directories' = 'all',
): Promise<readonly string[]> {
  const { signal } = world;
  const api = await world.api();
  const target = await resolveTarget(
    api,
    {
      reference: place.reference,
      namespace: place.namespace ?? (await world.namespace()),
      container: line.values.get('container')?.at(-1),
      quiet: true,
      podRunningTimeoutMs: 1,
      signal,
    },
    () => {},
  );
  const transport = targetingTransport(apiserverTransport(api), api, true, () => {});
  const command = ['sh', '-c', script, 'kx-complete', start, only === 'all' ? '' : 'd'];
  const { stdout } = await runToEnd(transport, target, command, signal);
  return stdout.toString().split('\0').slice(0, -1);
}

/** A word of the remote command: a path in the container, unless it is the name of a program to be found there. */
export async function completeRemotePath(word: string, index: number, line: Line, world: World): Promise<Completions> {
  const value = /^--?[\w-]+=/.exec(word)?.[0] ?? '';
  const start = word.slice(value.length);
  if (index === 0 ? !start.includes('/') : start.startsWith('-')) return nothing;
  const reference = referenceOf(line);
  if (reference === undefined) return nothing;
  const paths = await remotePaths(start, { reference }, line, world);
  return { candidates: paths.map((path) => ({ text: value + path })) };
}

/** The directories in the container that the line names. */
export async function completeRemoteDirectory(line: Line, world: World): Promise<Completions> {
  const reference = referenceOf(line);
  if (reference === undefined) return nothing;
  const paths = await remotePaths(line.word, { reference }, line, world, 'directories');
  return { candidates: paths.map((text) => ({ text })) };
}

function referenceOf({ args: [word] }: Line): Reference | undefined {
  try {
    return word === undefined ? undefined : parseReference(word);
  } catch (error) {
    if (error instanceof KxError) return undefined;
    throw error;
  }
}
