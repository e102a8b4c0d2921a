import { connect, readKubeconfig, type ApiClient } from '../../lib/kube/index.ts';
import { checkNamespace } from '../../lib/target/index.ts';
import type { Line } from './read-line.ts';

/** What completion may look at: the kubeconfig and the cluster that the line names, until the time is over. */
export interface World {
  readonly signal: AbortSignal;
  /** The client that the connection flags of the line ask for. */
  api(): Promise<ApiClient>;
  /** The namespace that the line names, else the client's. */
  namespace(): Promise<string>;
  /** The names that the kubeconfig has. */
  names(kind: 'clusters' | 'contexts' | 'users'): Promise<readonly string[]>;
}

/** Reads and connects only when asked. */
export function openWorld({ values }: Line, env: NodeJS.ProcessEnv, signal: AbortSignal): World {
  const last = (flag: string) => values.get(flag)?.at(-1);
  let client: Promise<ApiClient> | undefined;
  const api = () =>
    (client ??= connect(
      {
        kubeconfig: last('kubeconfig'),
        context: last('context'),
        cluster: last('cluster'),
        user: last('user'),
        namespace: last('namespace')?.replace(/.*,/, ''),
        as: last('as'),
        asGroup: values.get('as-group'),
        asUid: last('as-uid'),
        token: last('token'),
        server: last('server'),
        tlsServerName: last('tls-server-name'),
        certificateAuthority: last('certificate-authority'),
        clientCertificate: last('client-certificate'),
        clientKey: last('client-key'),
        insecureSkipTlsVerify: values.has('insecure-skip-tls-verify') ? true : undefined,
      },
      { env, log: () => {}, unattended: true },
    ));
  return {
    signal,
    api,
    async namespace() {
      const { namespace } = await api();
      checkNamespace(namespace);
      return namespace;
    },
    async names(kind) {
      return [...(await readKubeconfig(last('kubeconfig'), env))[kind].keys()];
    },
  };
}
