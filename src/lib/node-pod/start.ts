import { setTimeout as delay } from 'node:timers/promises';
import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { hopelessReasons, pathOf, type Pod, type Target } from '../target/index.ts';
import type { Transport } from '../transport/index.ts';
import { eventsOf } from './events.ts';
import { openLease, type Lease } from './lease.ts';

/** No node has a container sooner, in milliseconds; to ask earlier only takes time from it. */
const soonestMs = 150;
const firstPauseMs = 60;
const longestPauseMs = 1000;
/** How often the pod is looked at for a reason not to wait any longer, in milliseconds. */
const lookMs = 500;

export interface StartOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/**
 * Waits for the pod by asking its container for the lease: it can answer up to a second before the kubelet reports that it
 * runs. Rejects with KX_HELPER_POD and the words of the kubelet when it does not start, after its events were said.
 */
export async function awaitLease(
  api: ApiClient,
  transport: Transport,
  target: Required<Target>,
  { timeoutMs, signal, say }: StartOptions,
): Promise<Lease> {
  const begun = performance.now();
  let looked = begun;
  let hopeless: { readonly error: unknown } | undefined;
  await delay(soonestMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.2, longestPauseMs)) {
    try {
      return await openLease(transport, target, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotYet(error)) throw explainStart(error);
      if (hopeless !== undefined) throw hopeless.error;
      if (performance.now() - begun >= timeoutMs) await look(api, target, timeoutMs, signal, say);
      if (performance.now() - looked >= lookMs) {
        looked = Infinity;
        // Beside, as on a busy server it takes as long as another question.
        void look(api, target, undefined, signal, say)
          .then(() => (looked = performance.now()))
          .catch((reason: unknown) => (hopeless = { error: reason }));
      }
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** A container that does not run yet is refused in many words, by the server, the kubelet or the runtime. */
function isNotYet(error: unknown): boolean {
  return error instanceof KxError && !['KX_FORBIDDEN', 'KX_UNAUTHENTICATED', ...unfit].includes(error.code);
}

const unfit: readonly string[] = ['KX_COMMAND_NOT_FOUND', 'KX_COMMAND_NOT_EXECUTABLE', 'KX_HELPER_POD'];

function explainStart(error: unknown): unknown {
  if (!(error instanceof KxError) || !unfit.includes(error.code) || error.code === 'KX_HELPER_POD') return error;
  return new KxError('KX_HELPER_POD', `the image of the helper pod has no sh: ${error.message}`, {
    cause: error,
    hint: 'it needs sh, sleep and nsenter: name another by --image, or by --tools',
  });
}

/** Rejects when the pod cannot start any more, or its time is over. */
async function look(
  api: ApiClient,
  target: Required<Target>,
  timeoutMs: number | undefined,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const pod = await api.get<Pod>(pathOf('pod', target.namespace, target.pod), { signal });
  if (pod.metadata?.uid !== target.uid || pod.metadata.deletionTimestamp !== undefined) {
    throw new KxError('KX_HELPER_POD', `the helper pod ${target.pod} was deleted before it had started`);
  }
  const state = pod.status?.containerStatuses?.[0]?.state;
  const held = state?.terminated ?? state?.waiting;
  const isHopeless = hopelessReasons.has(held?.reason ?? '') || state?.terminated !== undefined;
  const hasFailed = pod.status?.phase === 'Failed';
  if (timeoutMs === undefined && !isHopeless && !hasFailed) return;
  const events = await eventsOf(api, pod, signal);
  if (events.length > 0) say([`events of the helper pod ${target.pod}:`, ...events].join('\n  '));
  const why = [held?.reason ?? pod.status?.reason, held?.message ?? pod.status?.message].filter(Boolean).join(': ');
  const verb = timeoutMs === undefined ? 'does not start' : `did not start within ${timeoutMs / 1000} s`;
  const where = `the helper pod ${target.pod} on node ${pod.spec?.nodeName ?? ''} ${verb}`;
  throw new KxError('KX_HELPER_POD', `${where}: ${why.replace(/\s+/g, ' ').trim() || 'its node says nothing of it'}`, {
    hint: `the node must be able to get the image ${pod.spec?.containers[0]?.image ?? ''}: name one that it has by --image, or the secret of a registry by --image-pull-secret`,
  });
}
