import type { Comparison } from './comparison.ts';

const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;
const node = 'node-1';

const pexec = (target: string) => ['kx', 'privileged-exec', '--image', image, target, '--', 'true'];

/** `kubectl debug node`, and the removal of the pod that it leaves. */
const debug = `pod=$(kubectl debug node/${node} --image=${image} --profile=sysadmin --attach -- chroot /host true 2>&1 |
  grep -o 'node-debugger-[^ ]*' | head -n 1) && kubectl delete pod "$pod" --wait=false >/dev/null`;

/** As kubectl-node-shell does it, by kubectl alone: https://github.com/kvaps/kubectl-node-shell. */
const overrides = JSON.stringify({
  spec: {
    nodeName: node,
    hostPID: true,
    hostNetwork: true,
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'nsenter',
        image,
        imagePullPolicy: 'IfNotPresent',
        stdin: true,
        stdinOnce: true,
        securityContext: { privileged: true },
        command: ['nsenter', '-t', '1', '-m', '-u', '-i', '-n', '-p', '--', 'true'],
      },
    ],
  },
});
const shell = `pod=nsenter-$RANDOM$RANDOM
kubectl run "$pod" --image=${image} --restart=Never --overrides='${overrides}' -i </dev/null >/dev/null 2>&1
code=$?; kubectl delete pod "$pod" --wait=false >/dev/null && exit $code`;

const rivals = { 'kubectl debug node': debug, 'node-shell': shell };
const common = { output: 'null', runs: 9 } as const;
const faster = { 'kubectl debug node': 0.99, 'node-shell': 0.99 };

/** Commands with privilege; each ends when nothing of its pod is left to do for the user. */
export const nodeComparisons: readonly Comparison[] = [
  {
    name: 'privileged-node',
    job: '`true` on a node',
    contenders: { kx: pexec(`node/${node}`), ...rivals },
    targets: faster,
    ...common,
  },
  {
    name: 'privileged-container',
    job: '`true` in the namespaces of a container (the others: on its node)',
    contenders: { kx: pexec('one'), ...rivals },
    targets: faster,
    ...common,
  },
  {
    name: 'fanout-nodes',
    job: '`true` on all three nodes',
    contenders: {
      kx: ['kx', 'fanout-exec', '--image', image, '--all-nodes', '-q', '--', 'true'],
      'one privileged-exec': pexec(`node/${node}`),
    },
    targets: { 'one privileged-exec': 1.5 },
    ...common,
  },
];
