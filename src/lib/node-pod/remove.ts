import { toKxError, type KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { pathOf, type Target } from '../target/index.ts';

/** How long a removal may take, in milliseconds: it happens on the way out. */
const patienceMs = 5000;

/** Deletes this pod, and with a uid no other of the same name; gives why it could not. One that has gone is deleted. */
export async function removePod(
  api: ApiClient,
  { namespace, pod, uid }: Pick<Target, 'namespace' | 'pod' | 'uid'>,
  graceSeconds: number,
): Promise<KxError | undefined> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: graceSeconds,
    ...(uid === undefined ? {} : { preconditions: { uid } }),
  };
  const signal = AbortSignal.timeout(patienceMs);
  // A connection that the server has just closed tells nothing; to delete twice is to delete.
  for (let isAgain = false; ; isAgain = true) {
    try {
      await api.delete(pathOf('pod', namespace, pod), body, { signal });
      return undefined;
    } catch (error) {
      const failure = toKxError(error);
      const { status } = failure.details;
      if (status === '404' || status === '409') return undefined;
      if (isAgain || status !== undefined || signal.aborted) return failure;
    }
  }
}
