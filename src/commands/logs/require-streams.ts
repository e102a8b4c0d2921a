import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';

/** The first minor version of Kubernetes 1 that can tell stdout from stderr. */
const firstMinor = 32;

/**
 * Rejects with KX_USAGE where the server cannot tell stdout from stderr: older ones know no such parameter, and give the lines
 * of both. A server that does not let its version be read is believed.
 */
export async function requireStreams(api: ApiClient, signal: AbortSignal): Promise<void> {
  let version: { major?: string; minor?: string; gitVersion?: string };
  try {
    version = await api.get('/version', { signal });
  } catch (error) {
    if (error instanceof KxError && (error.code === 'KX_FORBIDDEN' || error.details['status'] === '404')) return;
    throw error;
  }
  const { major, minor = '', gitVersion = '' } = version;
  if (major !== '1' || !(Number.parseInt(minor, 10) < firstMinor)) return;
  throw new KxError('KX_USAGE', `--stream needs Kubernetes 1.${firstMinor}, and the server has ${gitVersion}`);
}
