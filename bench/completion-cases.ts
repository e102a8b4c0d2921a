import type { Comparison } from './comparison.ts';

const common = { output: 'pipe', expect: { text: /^one(\tRunning)?$/m }, runs: 15, atMost: 0.15 } as const;
const kubectl = ['kubectl', '__complete', 'exec', 'o'];

/** What a shell waits for after a TAB. */
export const completionComparisons: readonly Comparison[] = [
  {
    name: 'complete-pods',
    job: '`kubectl-kx exec o<TAB>`: pods',
    contenders: { kx: ['kx', '__complete', 'exec', 'o'], kubectl },
    ...common,
  },
  {
    name: 'complete-pods-plugin',
    job: '`kubectl kx exec o<TAB>`: pods, kubectl asking kx',
    contenders: { kx: ['kubectl', '__complete', 'kx', 'exec', 'o'], kubectl },
    ...common,
  },
];
