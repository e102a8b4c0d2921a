import { setTimeout as delay } from 'node:timers/promises';
import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { hopelessReasons, pathOf, type Pod, type Target } from '../target/index.ts';
import type { EphemeralContainer } from './manifest.ts';

const longestPauseMs = 1000;

/** The requests of a user who adds a helper: like `kubectl debug`, a strategic merge patch of the subresource. */
export async function patchPod(
  api: ApiClient,
  target: Required<Target>,
  helper: EphemeralContainer,
  signal: AbortSignal,
): Promise<void> {
  // A uid that is not the pod's is refused as a conflict: a pod created again is left alone.
  const body = { metadata: { uid: target.uid }, spec: { ephemeralContainers: [helper] } };
  await api.patch<Pod>(`${pathOf('pod', target.namespace, target.pod)}/ephemeralcontainers`, body, { signal });
}

/**
 * Waits until the helper runs. Rejects with KX_TARGET_NOT_RUNNING and the kubelet's words when it cannot, has ended, or
 * does not within the time.
 */
export async function waitUntilRunning(
  api: ApiClient,
  target: Required<Target>,
  { name, image, timeoutMs, signal }: { name: string; image: string; timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const pod = await api.get<Pod>(pathOf('pod', target.namespace, target.pod), { signal });
    if (pod.metadata?.uid !== target.uid) {
      throw new KxError('KX_TARGET_CHANGED', `pod "${target.pod}" was created again in between`);
    }
    const state = pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state;
    if (state?.running) return;
    const notYet = state?.terminated ?? state?.waiting;
    const isOver = performance.now() >= end;
    if (state?.terminated || hopelessReasons.has(notYet?.reason ?? '') || isOver) {
      throw notStarted(target, name, image, notYet?.reason, notYet?.message, isOver ? timeoutMs : undefined);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function notStarted(
  target: Target,
  name: string,
  image: string,
  reason: string | undefined,
  words: string | undefined,
  timeoutMs: number | undefined,
): KxError {
  const why = [reason, words].filter((each) => each !== undefined && each !== '').join(': ') || 'its node says nothing';
  const verb = timeoutMs === undefined ? 'does not start' : `did not start within ${timeoutMs / 1000} s`;
  const message = `the helper container ${name} of pod ${target.pod} ${verb}: ${why.replace(/\s+/g, ' ').trim()}`;
  return new KxError('KX_TARGET_NOT_RUNNING', message, {
    hint: `the node of the pod must be able to get the image ${image}, and find sleep and sh in it: name another image`,
  });
}
