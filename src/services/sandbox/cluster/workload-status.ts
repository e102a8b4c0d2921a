import type { Fields, KubeObject, Pod } from './objects.ts';

/** The status that its controller would give a workload with these pods (its own or its ReplicaSet's). */
export function workloadStatus(owner: KubeObject, pods: readonly Pod[]): Fields | undefined {
  const count = pods.length;
  const ready = pods.filter((pod) => isReady(pod)).length;
  const generation = { observedGeneration: 1 };
  switch (owner.kind) {
    case 'Deployment':
      return {
        ...generation,
        replicas: count,
        updatedReplicas: count,
        readyReplicas: ready,
        availableReplicas: ready,
        conditions: [
          { type: 'Available', status: ready === count ? 'True' : 'False', reason: 'MinimumReplicasAvailable' },
          { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
        ],
      };
    case 'ReplicaSet':
    case 'ReplicationController':
      return {
        ...generation,
        replicas: count,
        fullyLabeledReplicas: count,
        readyReplicas: ready,
        availableReplicas: ready,
      };
    case 'StatefulSet':
      return {
        ...generation,
        replicas: count,
        currentReplicas: count,
        updatedReplicas: count,
        readyReplicas: ready,
        availableReplicas: ready,
      };
    case 'DaemonSet':
      return {
        ...generation,
        desiredNumberScheduled: count,
        currentNumberScheduled: count,
        updatedNumberScheduled: count,
        numberReady: ready,
        numberAvailable: ready,
        numberMisscheduled: 0,
      };
    case 'Job':
      return jobStatus(owner, pods, ready);
    default:
      return undefined;
  }
}

/** True when the condition Ready is. */
export function isReady(pod: Pod): boolean {
  const conditions = (pod.status['conditions'] ?? []) as { type?: string; status?: string }[];
  return conditions.some((each) => each.type === 'Ready' && each.status === 'True');
}

function jobStatus(owner: KubeObject, pods: readonly Pod[], ready: number): Fields {
  const inPhase = (phase: string): number => pods.filter((pod) => pod.status.phase === phase).length;
  const active = inPhase('Running') + inPhase('Pending');
  const succeeded = inPhase('Succeeded');
  const done = active === 0 && succeeded > 0;
  return {
    startTime: owner.metadata.creationTimestamp,
    ready,
    ...(active > 0 ? { active } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(inPhase('Failed') > 0 ? { failed: inPhase('Failed') } : {}),
    ...(done ? { conditions: [{ type: 'Complete', status: 'True' }], completionTime: lastFinish(pods) } : {}),
  };
}

function lastFinish(pods: readonly Pod[]): string | undefined {
  const times = pods
    .flatMap((pod) => pod.status.containerStatuses ?? [])
    .map((each) => each.state.terminated?.finishedAt);
  return times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}
