import type { ApiClient, ConnectionFlags } from './api-client.ts';
import { createClient } from './client.ts';
import { resolveConnection, type Connection } from './connection.ts';
import { createIdentitySource, impersonationHeaders } from './credentials.ts';
import type { Surroundings } from './identity.ts';
import { inClusterConnection } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { proxyFromEnv } from './proxy-choice.ts';

/**
 * Finds the cluster and the user as kubectl does, and makes a client of them. Connects to nothing yet, and runs no
 * credential plugin. Rejects with KX_CONFIG. `log` gets lines by the levels of kubectl's -v, none of which has a secret.
 */
export async function connect(given: ConnectionFlags, options: Surroundings): Promise<ApiClient> {
  const { connection, flags } = await findConnection(given, options.env);
  return connectTo(connection, flags, options);
}

/** The cluster and the user that the flags, the kubeconfig or a pod's own service account name. Rejects with KX_CONFIG. */
export async function findConnection(
  given: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly connection: Connection; readonly flags: ConnectionFlags; readonly files: readonly string[] }> {
  // As for kubectl, a flag with an empty value is one that was not given.
  const flags: ConnectionFlags = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const config = await readKubeconfig(flags.kubeconfig, env);
  const inCluster = config.files.length === 0 && flags.server === undefined && flags.context === undefined;
  const connection = (inCluster ? inClusterConnection(flags, env) : undefined) ?? resolveConnection(config, flags);
  return { connection, flags, files: config.files };
}

/** Makes a client of a connection that was found already. */
export async function connectTo(
  connection: Connection,
  flags: ConnectionFlags,
  options: Surroundings,
): Promise<ApiClient> {
  const { server, user } = connection;
  const proxy = server.proxy ?? proxyFromEnv(server.url, options.env);
  if (proxy !== undefined) options.log(6, `everything goes through the proxy ${proxy.protocol}//${proxy.host}`);
  return createClient({
    connection,
    way: {
      url: server.url,
      proxy,
      ca: server.ca,
      insecure: server.insecure,
      serverName: server.tlsServerName,
      env: options.env,
    },
    identities: await createIdentitySource(connection, flags, options),
    impersonation: impersonationHeaders(user, flags),
    timeoutMs: flags.requestTimeout ?? 0,
    around: options,
  });
}
