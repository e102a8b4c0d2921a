import { createHash } from 'node:crypto';
import type { ContainerSpec, ContainerStatus, Fields, Pod, PodSpec, PodStatus } from './objects.ts';

/** The status of a pod whose containers all run, with what the YAML says on top of it. */
export function initialPodStatus(
  spec: PodSpec,
  uid: string,
  started: string,
  ip: string,
  given: Fields = {},
): PodStatus {
  if (spec.nodeName === undefined) return { phase: 'Pending', qosClass: 'BestEffort', ...given };
  const condition = (type: string): Fields => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: started,
  });
  const status = {
    phase: 'Running',
    conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
    hostIP: '127.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: started,
    qosClass: 'BestEffort',
    ...(spec.initContainers === undefined
      ? {}
      : { initContainerStatuses: spec.initContainers.map((each) => doneStatus(each, uid, started)) }),
    containerStatuses: spec.containers.map((each) => runningStatus(each, uid, started, 0)),
  };
  return { ...status, ...given };
}

/** A container that runs for the nth time. */
export function runningStatus(
  spec: ContainerSpec,
  uid: string,
  startedAt: string,
  restartCount: number,
): ContainerStatus {
  const containerID = containerId(uid, spec.name, restartCount);
  const state = { running: { startedAt } };
  return { ...baseStatus(spec), containerID, ready: true, started: true, restartCount, state };
}

/** The container id that the API shows: another one for each restart. */
export function containerId(uid: string, name: string, restart: number): string {
  return `containerd://${createHash('sha256').update(`${uid}/${name}/${restart}`).digest('hex')}`;
}

/** The pod with the status of one container replaced, and with the phase that follows from all of them. */
export function withContainerStatus(pod: Pod, status: ContainerStatus): Pod {
  const statuses = (pod.status.containerStatuses ?? []).map((each) => (each.name === status.name ? status : each));
  const ended = statuses.map((each) => each.state.terminated);
  const { restartPolicy } = pod.spec;
  const phase = ended.some((each) => each === undefined || willRestart(restartPolicy, each.exitCode))
    ? 'Running'
    : ended.every((each) => each?.exitCode === 0)
      ? 'Succeeded'
      : 'Failed';
  const ready = statuses.every((each) => each.ready) ? 'True' : 'False';
  const conditions = ((pod.status['conditions'] as Fields[] | undefined) ?? []).map((each) =>
    each['type'] === 'Ready' || each['type'] === 'ContainersReady' ? { ...each, status: ready } : each,
  );
  return { ...pod, status: { ...pod.status, phase, conditions, containerStatuses: statuses } };
}

/** Whether a container that ended with this code is started again, so that its pod goes on running. */
export function willRestart(policy: PodSpec['restartPolicy'], exitCode: number): boolean {
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

function doneStatus(spec: ContainerSpec, uid: string, at: string): ContainerStatus {
  const containerID = containerId(uid, spec.name, 0);
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at, containerID };
  return { ...baseStatus(spec), containerID, ready: true, started: false, restartCount: 0, state: { terminated } };
}

function baseStatus(spec: ContainerSpec): Pick<ContainerStatus, 'name' | 'image' | 'imageID' | 'lastState'> {
  const image = spec.image ?? 'sandbox';
  return { name: spec.name, image, imageID: image, lastState: {} };
}
