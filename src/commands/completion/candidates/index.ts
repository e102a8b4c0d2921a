import type { Candidate, Completions } from '../completions.ts';
import type { Meaning } from '../meanings.ts';
import type { Line } from '../read-line.ts';
import type { World } from '../world.ts';
import { listNames } from './names.ts';
import { hostNames, nodeNames, podNames, workloadNames } from './references.ts';

/** What stands for any of these meanings. What cannot be asked for is left out. */
export async function candidatesFor(meanings: readonly Meaning[], line: Line, world: World): Promise<Completions> {
  const all = await Promise.allSettled(meanings.map((meaning) => byMeaning[meaning](line, world)));
  const answers = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return {
    candidates: answers.flatMap(({ candidates }) => candidates),
    paths: answers.find(({ paths }) => paths !== undefined)?.paths,
  };
}

type List = (line: Line, world: World) => Promise<Completions>;

const byMeaning: Readonly<Record<Meaning, List>> = {
  cluster: async (_line, world) => named(await world.names('clusters')),
  context: async (_line, world) => named(await world.names('contexts')),
  user: async (_line, world) => named(await world.names('users')),
  namespace: async (line, world) => {
    // Where several are allowed, commas may stand between them.
    const before = line.word.slice(0, line.word.lastIndexOf(',') + 1);
    const names = await listNames(await world.api(), '/api/v1/namespaces', world.signal);
    return { candidates: names.map(({ text, note }) => ({ text: before + text, note })) };
  },
  node: async (_line, world) => ({ candidates: await nodeNames(world) }),
  pod: async (line, world) => ({ candidates: line.word.includes('/') ? [] : await podNames(world) }),
  workload: async (line, world) => ({ candidates: await workloadNames(line.word, world) }),
  host: async (line, world) => ({ candidates: await hostNames(line.word, world) }),
  // As an argument it stands behind what has the containers.
  container: async (line, world) => ({
    candidates:
      line.at.kind === 'arg' && line.args.length === 0
        ? []
        : await (await import('./containers.ts')).containerNames(line, world),
  }),
  'copy-end': async (line, world) => (await import('./copy-end.ts')).completeCopyEnd(line.word, line, world),
  'remote-directory': async (line, world) => (await import('./remote-path.ts')).completeRemoteDirectory(line, world),
  file: () => Promise.resolve({ candidates: [], paths: 'files' }),
  directory: () => Promise.resolve({ candidates: [], paths: 'directories' }),
};

function named(names: readonly string[]): Completions {
  return { candidates: names.map((text): Candidate => ({ text })) };
}
