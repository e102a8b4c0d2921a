import type { Comparison } from './comparison.ts';
import { podFolder } from './sides.ts';
import { gibibyte } from './sources.ts';

const memory = 150e6;

const both = (...words: string[]) => ({ kx: ['kx', ...words], kubectl: ['kubectl', ...words] });

const cat = both('exec', 'one', '--', 'cat', `${podFolder}/source/gibibyte`);

/** Start of the program, and `exec`. */
export const execComparisons: readonly Comparison[] = [
  {
    name: 'version',
    job: '`--version` (kubectl: `version --client`)',
    contenders: { kx: ['kx', '--version'], kubectl: ['kubectl', 'version', '--client'] },
    output: 'null',
    runs: 15,
  },
  {
    name: 'help',
    job: '`exec --help`',
    contenders: both('exec', '--help'),
    output: 'null',
    runs: 15,
    targets: { kubectl: 0.6 },
  },
  {
    name: 'exec-true',
    job: '`exec pod -- true`',
    contenders: both('exec', 'one', '--', 'true'),
    output: 'null',
    runs: 15,
    targets: { kubectl: 0.7 },
  },
  {
    name: 'exec-input-true',
    job: '`exec -i pod -- true < /dev/null`',
    contenders: both('exec', '-i', 'one', '--', 'true'),
    output: 'null',
    runs: 15,
  },
  {
    name: 'exec-down-null',
    job: '1 GiB down, `cat` to /dev/null',
    contenders: cat,
    source: { side: 'one', name: 'gibibyte' },
    output: 'null',
    memory,
    runs: 5,
    targets: { kubectl: 0.9 },
  },
  {
    name: 'exec-down-pipe',
    job: '1 GiB down, `cat` into a pipe',
    contenders: cat,
    source: { side: 'one', name: 'gibibyte' },
    output: 'pipe',
    expect: { bytes: gibibyte },
    memory,
    runs: 5,
    targets: { kubectl: 0.9 },
  },
  {
    name: 'exec-up',
    // The `wc -c` of busybox takes longer than all else.
    job: '1 GiB up, `wc -c` (GNU) from a file',
    contenders: both('exec', '-i', 'debian', '--', 'wc', '-c'),
    source: { side: 'here', name: 'gibibyte' },
    input: true,
    output: 'pipe',
    expect: { text: /^1073741824\s*$/ },
    memory,
    runs: 5,
    targets: { kubectl: 0.75 },
  },
];
