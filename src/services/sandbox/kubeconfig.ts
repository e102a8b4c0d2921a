import { dump } from 'js-yaml';
import type { SandboxUser } from './auth/users.ts';
import type { Certificates } from './certificates.ts';

/**
 * The kubeconfig of a sandbox: context `sandbox` for its admin, with a client certificate, and `sandbox-NAME` for each
 * of its users, with a token.
 */
export function formatKubeconfig(server: string, { ca, admin }: Certificates, users: readonly SandboxUser[]): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const context = (name: string, user: string) => ({
    name,
    context: { cluster: 'sandbox', namespace: 'default', user },
  });
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: 'sandbox-admin',
        user: { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) },
      },
      ...users.map(({ name, token }) => ({ name: `sandbox-${name}`, user: { token } })),
    ],
    contexts: [
      context('sandbox', 'sandbox-admin'),
      ...users.map(({ name }) => context(`sandbox-${name}`, `sandbox-${name}`)),
    ],
    'current-context': 'sandbox',
  });
}
