import { blockBytes } from './log-server.ts';
import type { Comparison } from './comparison.ts';
import { longPod, longPodBytes } from './long-pod.ts';
import { longLogSeconds, sandboxLabel } from './places.ts';

const both = (...words: string[]) => ({ kx: ['kx', 'logs', ...words], kubectl: ['kubectl', 'logs', ...words] });
const memory = 150e6;

/** The log of one pod. */
export const logComparisons: readonly Comparison[] = [
  {
    name: 'logs-pod',
    job: `a log of ${longPodBytes / 1e6} MB into a file`,
    contenders: both(longPod),
    longPod: true,
    output: 'file',
    expect: { bytes: longPodBytes },
    memory,
    runs: 5,
    targets: { kubectl: 1 },
  },
  {
    name: 'logs-gibibyte',
    job: 'a log of 1 GiB into a file, from a server of this machine that serves nothing else',
    place: 'long-log',
    contenders: both('big'),
    output: 'file',
    expect: { bytes: longLogSeconds * blockBytes },
    memory,
    runs: 5,
    targets: { kubectl: 1 },
  },
  {
    name: 'logs-gibibyte-prefix',
    job: 'the same with `--prefix`',
    place: 'long-log',
    contenders: both('big', '--prefix'),
    output: 'file',
    memory,
    runs: 3,
  },
  {
    name: 'logs-follow-200',
    job: '200 pods that say 20,000 lines a second in all',
    following: { pods: 200, rate: 100, lines: 2000 },
    contenders: {
      kx: ['kx', 'logs', '-f', '-q', '-l', sandboxLabel, '--tail=-1', '-o', 'prefix'],
      stern: [
        '--selector',
        sandboxLabel,
        '--tail',
        '-1',
        '--max-log-requests',
        '250',
        '--color',
        'never',
        '--verbosity',
        '0',
      ],
    },
    output: 'pipe',
    memory,
    runs: 3,
    targets: { stern: 1 },
  },
];
