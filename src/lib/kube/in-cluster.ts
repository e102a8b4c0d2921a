import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { ConnectionFlags } from './api-client.ts';
import type { Connection } from './connection.ts';

/** Where a kubelet puts the credentials of a pod's service account. */
const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The connection of a pod to its own cluster, as its service account; undefined where this is not a pod. The token is
 * named, not read: kubelets rotate it.
 * https://github.com/kubernetes/client-go/blob/v0.34.0/rest/config.go
 */
export function inClusterConnection(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  directory = serviceAccountDirectory,
): Connection | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  const tokenFile = join(directory, 'token');
  if (!host || !port || statSync(tokenFile, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  return {
    server: {
      url: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
      ca:
        flags.insecureSkipTlsVerify === true
          ? undefined
          : readIfThere(flags.certificateAuthority ?? join(directory, 'ca.crt')),
      insecure: flags.insecureSkipTlsVerify === true,
      tlsServerName: flags.tlsServerName,
      proxy: undefined,
      execConfig: undefined,
    },
    context: undefined,
    namespace:
      flags.namespace ?? (env['POD_NAMESPACE'] || readIfThere(join(directory, 'namespace'))?.trim() || 'default'),
    user: { name: 'the service account of this pod', fields: { tokenFile }, file: '' },
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
