import type { Capability } from '../../src/lib/process/index.ts';
import type { Environment } from '../conformance/environment.ts';
import { apiserverAs, arounds, openBreakable } from '../conformance/kubernetes.ts';
import { transportSuite } from '../conformance/suite.ts';
import { clusterKubeconfig, clusterNamespace as namespace, foreignCluster } from '../support/cluster.ts';

interface Way {
  readonly name: string;
  readonly context: string;
  /** Where the commands of the suite run. */
  readonly pod: string;
}

const ways: readonly Way[] = [
  { name: 'cluster', context: 'kx', pod: 'one' },
  { name: 'cluster, Debian pod', context: 'kx', pod: 'debian' },
];
const olderWays: readonly Way[] = [
  { name: 'cluster, older node', context: 'kx', pod: 'one-oldnode' },
  { name: 'cluster, older apiserver', context: 'kx-old', pod: 'one' },
  { name: 'cluster, older apiserver and node', context: 'kx-old', pod: 'one-oldnode' },
];

for (const way of [...ways, ...(foreignCluster ? [] : olderWays)]) {
  for (const { name, can, around } of arounds) {
    transportSuite({ name: `${way.name}, ${name}`, open: () => open(way, can, around) });
  }
}

async function open(
  { context, pod }: Way,
  can: readonly Capability[],
  around: (typeof arounds)[number]['around'],
): Promise<Environment> {
  const kubeconfig = clusterKubeconfig();
  const bare = await apiserverAs({ kubeconfig, context });
  const transport = around(bare);
  const shell = { transport, target: { namespace, pod } };
  const breakable = await openBreakable({ kubeconfig, context }, shell, around);
  return {
    shell,
    can: new Set<Capability>(['half-close', ...can]),
    terminals: true,
    noShell: { transport, target: { namespace, pod: 'distroless' } },
    missingPod: { transport, target: { namespace, pod: 'no-such-pod' } },
    missingContainer: { transport, target: { namespace, pod, container: 'no-such-container' } },
    unnamedContainer: { transport, target: { namespace, pod: 'two' } },
    forbidden: { transport: around(await apiserverAs({ kubeconfig, context: 'kx-none' })), target: shell.target },
    unauthenticated: {
      transport: around(await apiserverAs({ kubeconfig, context: 'kx-none', token: 'not-a-token' })),
      target: shell.target,
    },
    breakable,
  };
}
