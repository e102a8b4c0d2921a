import type { Comparison } from './comparison.ts';
import { fleetLabel } from './fleet.ts';
import { sandboxLabel } from './places.ts';

const rival = 'xargs -P 64 kubectl exec';
const memory = 200e6;

/** `true` in all pods with a label. */
const both = (label: string) => ({
  kx: ['kx', 'fanout-exec', '-l', label, '-q', '--', 'true'],
  [rival]: `kubectl get pods -l ${label} -o name | xargs -P 64 -I{} "$KUBECTL" $WHERE exec {} -- true`,
});

const onCluster = (pods: number): Comparison => ({
  name: `fanout-${pods}`,
  job: `\`true\` in ${pods} pods`,
  contenders: both(fleetLabel),
  pods,
  output: 'null',
  memory,
  runs: 5,
  targets: { [rival]: 0.35 },
});

/** What one target more costs. */
const alone = (pods: number): Comparison => ({
  name: `fanout-flat-${pods}`,
  job: `\`true\` in ${pods.toLocaleString('en')} pods of a sandbox`,
  place: `sandbox-${pods}`,
  contenders: { kx: both(sandboxLabel).kx },
  output: 'null',
  memory,
  runs: 3,
  count: pods,
});

/** One command in many pods. */
export const fanoutComparisons: readonly Comparison[] = [
  ...[60, 200].map(onCluster),
  {
    name: 'fanout-sandbox-1000',
    job: '`true` in 1,000 pods of a sandbox, which has the cores before its clients',
    place: 'sandbox-1000',
    contenders: both(sandboxLabel),
    output: 'null',
    memory,
    runs: 3,
    targets: { [rival]: 0.25 },
  },
  ...[100, 500, 2000].map(alone),
];
