import type { Comparison } from './comparison.ts';
import { podFolder, type Pod } from './sides.ts';
import type { SourceName } from './sources.ts';

const memory = 200e6;
const ofFile = { kubectl: 0.85, 'raw pipe': 0.9 };
const ofSmallFiles = { kubectl: 0.65, 'raw pipe': 1 };

type Direction = 'up' | 'down';

/** What all copies of one source in one direction have in common. */
function copy(direction: Direction, pod: Pod, name: SourceName) {
  const [from, to] = [`source/${name}`, `destination/${name}`];
  const words =
    direction === 'up' ? ['cp', from, `${pod}:${podFolder}/${to}`] : ['cp', `${pod}:${podFolder}/${from}`, to];
  const pipe =
    direction === 'up'
      ? `tar c -C source ${name} | kubectl exec -i ${pod} -- tar x -C ${podFolder}/destination`
      : `kubectl exec ${pod} -- tar c -C ${podFolder}/source ${name} | tar x -C destination`;
  return {
    contenders: { kx: ['kx', ...words], kubectl: ['kubectl', ...words], 'raw pipe': pipe },
    source: { side: direction === 'up' ? 'here' : pod, name },
    destination: direction === 'up' ? pod : 'here',
    output: 'null',
    memory,
  } as const;
}

function compareCopy(
  direction: Direction,
  label: string,
  name: SourceName,
  targets?: Record<string, number>,
): Comparison {
  return {
    name: `cp-${direction}-${name}`,
    job: `${label} ${direction}`,
    ...copy(direction, 'debian', name),
    runs: 5,
    ...(targets && { targets }),
  };
}

function compareBusybox(direction: Direction): Comparison {
  return {
    name: `cp-${direction}-busybox`,
    job: `10,000 files of 2 KiB ${direction} (busybox)`,
    ...copy(direction, 'one', 'small-10000'),
    runs: 3,
  };
}

function grow(direction: Direction, files: number): Comparison {
  const { contenders, ...rest } = copy(direction, 'debian', `small-${files}`);
  return {
    name: `grow-${direction}-${files}`,
    job: `${files.toLocaleString('en')} files ${direction}`,
    contenders: { kx: contenders.kx },
    ...rest,
    count: files,
    runs: 3,
  };
}

const directions = ['up', 'down'] as const;

/** `cp` against `kubectl cp` and the raw pipe, and what a file costs as the tree grows. */
export const copyComparisons: readonly Comparison[] = [
  ...directions.map((direction) => compareCopy(direction, 'a file of 1 GiB', 'gibibyte', ofFile)),
  ...directions.map((direction) => compareCopy(direction, '10,000 files of 2 KiB', 'small-10000', ofSmallFiles)),
  ...directions.map((direction) => compareCopy(direction, 'a source tree of about 2,000 files', 'mixed')),
  ...directions.map(compareBusybox),
  ...directions.flatMap((direction) => [1000, 10_000, 100_000].map((files) => grow(direction, files))),
];
