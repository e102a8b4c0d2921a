import type { V1ContainerStatus, V1RuntimeClass } from '@kubernetes/client-node';
import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { describeTarget, type Json, type Pod, type Target } from '../target/index.ts';

/** Whose namespaces. */
export type Place = NodePlace | ContainerPlace;

export interface NodePlace {
  readonly kind: 'node';
  readonly node: string;
  /** What the node runs containers with, such as 'containerd'; undefined where nothing tells. */
  readonly runtime: string | undefined;
}

/** One incarnation of a container. */
export interface ContainerPlace {
  readonly kind: 'container';
  readonly target: Required<Target>;
  readonly node: string;
  readonly runtime: string;
  /** Of the runtime: a container that starts again has another. */
  readonly containerId: string;
  /** By which the node knows the pod. */
  readonly podUid: string;
}

/** The place of a container that runs. Throws KX_ENTER where the node cannot have such a process. */
export function placeOf(pod: Pod, target: Required<Target>): ContainerPlace {
  const { spec, metadata } = pod;
  if (spec?.os?.name === 'windows') throw cannotEnter(target, 'it runs on Windows');
  const [, runtime, containerId] =
    /^([a-z0-9-]+):\/\/([A-Za-z0-9-]+)$/.exec(statusOf(pod, target)?.containerID ?? '') ?? [];
  if (runtime === undefined || containerId === undefined) {
    throw new KxError('KX_TARGET_NOT_RUNNING', `${describeTarget(target)} has no container ID yet`);
  }
  // The node has made a static pod by itself, and the server's pod is its mirror.
  const podUid = metadata?.annotations?.['kubernetes.io/config.mirror'] ?? target.uid;
  return { kind: 'container', target, node: spec?.nodeName ?? '', runtime, containerId, podUid };
}

function statusOf({ status }: Pod, target: Target): Json<V1ContainerStatus> | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === target.container,
  );
}

/** Handlers of RuntimeClasses whose containers are virtual machines, or have a kernel of their own. */
const sandboxHandlers = /^(kata|runsc|gvisor|firecracker|cloud-hypervisor|wasm|spin|crun-wasm)/i;

/**
 * Rejects with KX_ENTER where the RuntimeClass of a pod tells that it has no processes on the node. Where it cannot be read, the
 * node tells later.
 */
export async function refuseSandbox(api: ApiClient, pod: Pod, target: Target, signal: AbortSignal): Promise<void> {
  const name = pod.spec?.runtimeClassName ?? '';
  if (name === '') return;
  const path = `/apis/node.k8s.io/v1/runtimeclasses/${encodeURIComponent(name)}`;
  const found = await api.get<Json<V1RuntimeClass>>(path, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  const handler = found?.handler ?? '';
  if (sandboxHandlers.test(handler)) throw sandboxed(target, `runtime class ${name}, handler ${handler}`);
}

/** A container of a sandboxed runtime. */
export function sandboxed(target: Target, how: string): KxError {
  const why = `it runs in a sandbox (${how}), and has no process on the node whose namespaces could be entered`;
  return cannotEnter(target, why, 'kubectl kx exec runs commands in it, with the privileges that it has');
}

function cannotEnter(target: Target, why: string, hint?: string): KxError {
  return new KxError('KX_ENTER', `${describeTarget(target)} cannot be entered: ${why}`, { hint });
}
