import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { pathOf, type Pod, type Target } from '../target/index.ts';
import { apiserverTransport } from '../transport/index.ts';
import { createPod } from './create.ts';
import { container, deadlineAnnotation, marker } from './manifest.ts';
import type { Lease } from './lease.ts';
import { removePod } from './remove.ts';
import { awaitLease, type StartOptions } from './start.ts';

export interface NodePodOptions extends StartOptions {
  /** For `-v`. */
  readonly log: (level: number, line: string) => void;
  /** What the node runs containers with, such as 'containerd', where that is known. */
  readonly runtime: string | undefined;
}

/** A pod that answers commands. */
export interface NodePod {
  readonly target: Required<Target>;
  /** Removes the pod, or lets go of it when it is to stay. Never rejects: what could not be done is logged. */
  close(): Promise<void>;
}

/**
 * Creates the pod and waits until commands can run in it. Whatever goes wrong behind the creation, it is removed again.
 * Rejects with KX_HELPER_POD, KX_FORBIDDEN, KX_TARGET_NOT_FOUND (no namespace), or what the ApiClient rejects with.
 */
export async function openNodePod(
  api: ApiClient,
  pod: Pod,
  options: NodePodOptions & { readonly keep: boolean },
): Promise<NodePod> {
  const created = await createPod(api, pod, options.signal);
  const { name = '', namespace = '', uid = '' } = created.metadata ?? {};
  const target = { namespace, pod: name, container, uid };
  options.log(1, `helper pod ${namespace}/${name} on node ${created.spec?.nodeName ?? ''}`);
  const remove = async (graceSeconds: number): Promise<void> => {
    const failure = await removePod(api, target, graceSeconds);
    if (failure !== undefined) options.log(1, `helper pod ${name} was not deleted: ${failure.message}`);
  };
  try {
    const lease = await awaitLease(api, apiserverTransport(api), target, options);
    if (options.keep) return leaving(target, lease);
    // The kubelet deletes a pod that is being deleted when its process has ended, be kx there or not. CRI-O lets no command
    // into a container that is to be stopped.
    const marked = options.runtime === 'containerd' ? remove(pod.spec?.activeDeadlineSeconds ?? 1) : undefined;
    return {
      target,
      close: async () => {
        // In whatever order these arrive: a pod that has ended is deleted at once.
        const [isTold] = await Promise.all([lease.end(), marked]);
        if (!isTold) options.log(0, `helper pod ${name} cannot be reached: it ends by itself in a minute`);
        if (marked === undefined) await remove(1);
      },
    };
  } catch (error) {
    await remove(1);
    throw error;
  }
}

/** A pod that was kept. Rejects with KX_TARGET_NOT_FOUND, KX_HELPER_POD when it is no such pod, or is on another node. */
export async function reuseNodePod(
  api: ApiClient,
  { namespace, name, node }: { readonly namespace: string; readonly name: string; readonly node: string },
  options: NodePodOptions,
): Promise<NodePod> {
  const pod = await api.get<Pod>(pathOf('pod', namespace, name), { signal: options.signal });
  const { labels = {}, annotations = {}, uid = '' } = pod.metadata ?? {};
  const why =
    labels[marker] === undefined
      ? 'is no helper pod of kx'
      : pod.spec?.nodeName !== node
        ? `is on node ${pod.spec?.nodeName ?? '?'}, and the target on ${node}`
        : Date.parse(annotations[deadlineAnnotation] ?? '') < Date.now()
          ? 'has expired'
          : undefined;
  if (why !== undefined) throw new KxError('KX_HELPER_POD', `pod "${name}" ${why}`);
  const target = { namespace, pod: name, container, uid };
  const lease = await awaitLease(api, apiserverTransport(api), target, options);
  return leaving(target, lease);
}

/** A pod that stays. */
function leaving(target: Required<Target>, lease: Lease): NodePod {
  return {
    target,
    close: () => {
      lease.release();
      return Promise.resolve();
    },
  };
}
