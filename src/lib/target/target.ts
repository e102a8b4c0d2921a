/** One container of one pod; or, as `nodeTarget` makes it, the host of a node. */
export interface Target {
  readonly namespace: string;
  readonly pod: string;
  /** Absent: the server chooses, which it does when the pod has one container. */
  readonly container?: string;
  /** Set when the pod was read, so that a pod created again under the same name is noticed. */
  readonly uid?: string;
}

const nodePrefix = 'node/';

/** The host of a node. Its `pod` is `node/NAME`, which is the name of no pod; the namespace is that of its helper pod. */
export function nodeTarget(node: string, namespace: string): Target {
  return { namespace, pod: `${nodePrefix}${node}` };
}

/** The node whose host a target is; undefined for a container. */
export function nodeOf({ pod }: Target): string | undefined {
  return pod.startsWith(nodePrefix) ? pod.slice(nodePrefix.length) : undefined;
}

/** A target in words, for messages. */
export function describeTarget(target: Target): string {
  const node = nodeOf(target);
  if (node !== undefined) return `node ${node}`;
  const { pod, container } = target;
  return container === undefined ? `pod ${pod}` : `container ${container} of pod ${pod}`;
}
