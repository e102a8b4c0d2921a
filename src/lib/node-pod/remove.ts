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
  try {
    await api.delete(pathOf('pod', namespace, pod), body, { signal: AbortSignal.timeout(patienceMs) });
  } catch (error) {
    const failure = toKxError(error);
    if (failure.details['status'] !== '404' && failure.details['status'] !== '409') return failure;
  }
  return undefined;
}
