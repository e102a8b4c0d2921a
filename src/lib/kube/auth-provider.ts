import { KxError } from '../errors/index.ts';
import type { Connection } from './connection.ts';
import type { Identity, IdentitySource, Surroundings } from './identity.ts';
import { fieldsOf, stringOf, type Fields } from './kubeconfig.ts';

/** The identity of a user with an `auth-provider`. `oidc` is the one that is left; the vendors' have become plugins. */
export async function createProviderSource(
  provider: Fields,
  connection: Connection,
  pair: Pick<Identity, 'certificate' | 'key'>,
  around: Surroundings,
): Promise<IdentitySource> {
  const { user } = connection;
  const name = stringOf(provider, 'name') ?? '';
  if (name !== 'oidc') {
    throw new KxError('KX_CONFIG', `user "${user.name}" in ${user.file} has the unknown auth-provider "${name}"`, {
      hint: 'kubectl has dropped it too: use the exec plugin of the vendor, such as gke-gcloud-auth-plugin or kubelogin',
    });
  }
  const { createOidcSource } = await import('./oidc.ts');
  return createOidcSource(user, fieldsOf(provider, 'config') ?? {}, pair, around);
}
