import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { pathOf, type Pod } from '../target/index.ts';
import { removePod } from './remove.ts';

/** Creates the pod. Rejects with KX_HELPER_POD where admission does not let it in, KX_FORBIDDEN, KX_TARGET_NOT_FOUND (no namespace). */
export async function createPod(api: ApiClient, pod: Pod, signal: AbortSignal): Promise<Pod> {
  const namespace = pod.metadata?.namespace ?? '';
  try {
    return await api.post<Pod>(pathOf('pod', namespace), pod, { signal });
  } catch (error) {
    // The server may have it, though its answer did not come.
    const isRefused = error instanceof KxError && error.details['status'] !== undefined;
    if (!isRefused) await removePod(api, { namespace, pod: pod.metadata?.name ?? '' }, 0);
    throw explainDenial(error, namespace);
  }
}

/**
 * What the server said to a privileged pod, with what to do. The words are those of k8s.io/pod-security-admission, of the
 * quota and LimitRanger plugins and of webhooks; whoever is refused by RBAC is told which verb and resource are missing.
 */
export function explainDenial(error: unknown, namespace: string): unknown {
  if (!(error instanceof KxError)) return error;
  const { details, message, ran } = error;
  const status = details['status'];
  if (status === '404' && message.includes(`namespaces "${namespace}"`)) {
    const hint = 'name another by --helper-namespace';
    return new KxError('KX_TARGET_NOT_FOUND', `there is no namespace "${namespace}" for the helper pod`, {
      ran,
      details,
      hint,
    });
  }
  const isRbac = / cannot create resource /.test(message);
  if (isRbac || (status !== '400' && status !== '403' && status !== '422')) return error;
  return new KxError('KX_HELPER_POD', `namespace "${namespace}" does not take the helper pod: ${message}`, {
    ran,
    details,
    cause: error,
    hint: hintFor(message),
  });
}

function hintFor(message: string): string {
  if (/violates PodSecurity/.test(message)) {
    return 'the helper is privileged: create it in a namespace with the Pod Security level "privileged", by --helper-namespace';
  }
  if (/must specify|must be specified/.test(message)) {
    return 'give it resources, as in --helper-resources cpu=100m,memory=64Mi, or another namespace by --helper-namespace';
  }
  if (/exceeded quota|maximum .* usage per|minimum .* usage per/.test(message)) {
    return 'create it in another namespace by --helper-namespace, or with other --helper-resources';
  }
  return 'a policy of the cluster refuses it: ask who keeps it, or create it in another namespace by --helper-namespace';
}
