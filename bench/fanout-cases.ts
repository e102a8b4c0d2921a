import type { Comparison } from './comparison.ts';
import { fleetLabel } from './fleet.ts';
import { where } from './programs.ts';

/** One command in many pods. */
export const fanoutComparisons: readonly Comparison[] = [
  {
    name: 'fanout-60',
    job: '`true` in 60 pods',
    contenders: {
      kx: ['kx', 'fanout-exec', '-l', fleetLabel, '-q', '--', 'true'],
      'xargs -P 64 kubectl exec': `kubectl get pods -l ${fleetLabel} -o name | xargs -P 64 -I{} "$KUBECTL" ${where.join(' ')} exec {} -- true`,
    },
    pods: 60,
    output: 'null',
    memory: 200e6,
    runs: 5,
    targets: { 'xargs -P 64 kubectl exec': 0.35 },
  },
];
