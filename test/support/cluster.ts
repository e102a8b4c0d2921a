import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The namespace of the fixtures. */
export const clusterNamespace = 'kx-test';

/** True when the tests run against a cluster of somebody else's, which has no older apiserver and no older node. */
export const foreignCluster = (process.env['KX_TEST_CONTEXT'] ?? '') !== '';

/** The kubeconfig that test/cluster/fixtures.sh makes: contexts kx, kx-full, kx-get-only, kx-create-only, kx-none. */
export function clusterKubeconfig(): string {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kx-cluster');
  const name = process.env['KX_TEST_CONTEXT']?.replaceAll(/[^A-Za-z0-9.-]/g, '_');
  const path = join(cache, foreignCluster ? `kubeconfig.${name}` : 'kubeconfig');
  if (!existsSync(path)) throw new Error(`there is no ${path}: run "make cluster-up" first`);
  return path;
}
