import type { Target } from '../target/index.ts';
import type { Transport } from '../transport/index.ts';
import { noHelper } from './refusal.ts';
import { runScript } from './run-script.ts';

/**
 * One line for each process that may be the target's: its folder in /proc, whether its files can be reached, whether they
 * are the helper's own, and its stat. With an argument those whose cgroup has that container id, else PID 1. Under a
 * cgroup namespace the cgroups of other containers are shown as /../NAME, which has the id too (cgroup_namespaces(7)).
 */
const script = [
  'look() {',
  '  way=shut; (cd "$1/root/") && way=open;',
  '  own=other; [ "$(readlink /proc/self/ns/mnt)" = "$(readlink "$1/ns/mnt")" ] && own=own;',
  '  read -r stat <"$1/stat" && echo "$1 $way $own $stat";',
  '};',
  'if [ -z "$1" ]; then look /proc/1;',
  'else for each in /proc/[0-9]*; do',
  '  while read -r line; do case $line in *"$1"*) look "$each"; break;; esac; done <"$each/cgroup";',
  'done; fi 2>/dev/null; exit 0',
].join(' ');

interface Seen {
  readonly folder: string;
  readonly isOpen: boolean;
  readonly isOwn: boolean;
  /** Clock ticks since the start of the machine. */
  readonly startedAt: number;
}

/**
 * The path under which the helper has the files of the target: /proc/PID/root of its first process. `containerId` is set
 * where PID 1 is not the target's: the pod, or the node, shares one process namespace. Rejects with KX_SHELL_MISSING when
 * the process cannot be told from others or may not be looked into, or the image of the helper has no sh.
 */
export async function findRoot(
  transport: Transport,
  helper: Target,
  target: Target,
  containerId: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { stdout } = await runScript(transport, helper, { script, args: [containerId ?? ''] }, signal);
  const seen = parse(stdout.toString('latin1'));
  // A process that someone started in the container later may be somebody else's, or in a root of its own.
  const [first] = seen.toSorted((a, b) => a.startedAt - b.startedAt);
  if (first === undefined) {
    throw noHelper(
      target,
      'its process cannot be found among those of the pod (no cgroup has the id of the container)',
    );
  }
  if (!first.isOpen) {
    throw noHelper(
      target,
      'its files are closed to the helper: its process changed to another user, or has more rights',
    );
  }
  if (first.isOwn) throw noHelper(target, 'the runtime of the node does not let it share the processes of the target');
  return `${first.folder}/root`;
}

function parse(output: string): readonly Seen[] {
  return output.split('\n').flatMap((line) => {
    const [, folder, way, own] = /^(\/proc\/\d+) (open|shut) (own|other) /.exec(line) ?? [];
    if (folder === undefined) return [];
    // The name of the program, in parentheses, may have anything in it; starttime is the 20th field behind it.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return [{ folder, isOpen: way === 'open', isOwn: own === 'own', startedAt: Number(fields[19]) }];
  });
}
