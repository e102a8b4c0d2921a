/** One container of one pod. */
export interface Target {
  readonly namespace: string;
  readonly pod: string;
  /** Absent: the server chooses, which it does when the pod has one container. */
  readonly container?: string;
  /** Set when the pod was read, so that a pod created again under the same name is noticed. */
  readonly uid?: string;
}

/** A target in words, for messages. */
export function describeTarget({ pod, container }: Target): string {
  return container === undefined ? `pod ${pod}` : `container ${container} of pod ${pod}`;
}
