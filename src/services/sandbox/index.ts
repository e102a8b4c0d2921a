/**
 * The embedded cluster: an API server and kubelets in one process, with the objects of a YAML file and commands that run
 * on this machine. It is the one fake in kx, and part of the product.
 */
import { KxError } from '../../lib/errors/index.ts';
import { openLocalRuntime, type Isolation } from '../../lib/runtime/index.ts';
import { masters, type SandboxUser } from './auth/users.ts';
import { createCluster } from './cluster/cluster.ts';
import { defaultCluster } from './cluster/default-cluster.ts';
import { readClusterFile } from './cluster/manifest.ts';
import { createContainers } from './exec/containers.ts';
import { formatKubeconfig } from './kubeconfig.ts';
import { startServer } from './server.ts';

export type { SandboxUser } from './auth/users.ts';
export { faultAnnotation } from './exec/faults.ts';

export interface SandboxOptions {
  /** YAML documents; absent: the default cluster. */
  readonly cluster?: string | undefined;
  /** Names `cluster` in messages. */
  readonly source?: string | undefined;
  /** Absent or 0: any port that is free. */
  readonly port?: number | undefined;
}

export interface Sandbox {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** With the admin's private key and the users' tokens in it. */
  readonly kubeconfig: string;
  readonly users: readonly SandboxUser[];
  readonly isolation: Isolation;
  /** Ends the server, every connection and every process of every container. */
  close(): Promise<void>;
}

/** Starts a cluster. Rejects with KX_CONFIG for a cluster file with faults in it, KX_USAGE for a port that is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const cluster = createCluster(readClusterFile(options.cluster ?? defaultCluster, options.source ?? 'the cluster'));
  const [runtime, certificates] = await Promise.all([
    openLocalRuntime(),
    // Takes a tenth of a second to load: only for who starts a sandbox.
    import('./certificates.ts').then(({ makeCertificates }) => makeCertificates('sandbox-admin', masters)),
  ]);
  const containers = createContainers(cluster, runtime);
  const port = options.port ?? 0;
  const server = await startServer({ cluster, containers, certificates, port }).catch(async (cause: unknown) => {
    await runtime.close();
    throw new KxError(
      'KX_USAGE',
      `cannot listen on port ${port}: ${(cause as NodeJS.ErrnoException).code ?? 'refused'}`,
      { cause },
    );
  });
  containers.start();
  return {
    server: server.url,
    kubeconfig: formatKubeconfig(server.url, certificates, cluster.users),
    users: cluster.users,
    isolation: runtime.isolation,
    close: async () => {
      await server.close();
      await runtime.close();
    },
  };
}
