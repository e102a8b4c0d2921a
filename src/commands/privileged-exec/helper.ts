import type { V1SelfSubjectReview } from '@kubernetes/client-node';
import type { CommandContext } from '../../base-command.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { HelperOptions } from '../../lib/privileged/index.ts';
import type { Json, Pod } from '../../lib/target/index.ts';
import type { FoundPlace } from './find-place.ts';
import type { PrivilegedExecOptions } from './options.ts';

/** Who the server takes the user for; 'unknown' where it does not tell (before Kubernetes 1.28). */
export async function askWhoIAm(api: ApiClient, signal: AbortSignal): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const review = await api.post<Json<V1SelfSubjectReview>>(path, body, { signal });
    return review.status?.userInfo?.username ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The namespace of the helper pod: the one that was named, else that of the target. */
export function helperNamespace(api: ApiClient, { place }: FoundPlace, { helper }: PrivilegedExecOptions): string {
  return helper.namespace ?? (place.kind === 'container' ? place.target.namespace : api.namespace);
}

/** The place in words that say where it is in the cluster. */
export function describePlace({ place }: FoundPlace): string {
  if (place.kind === 'node') return `node/${place.node}`;
  const { namespace, pod, container } = place.target;
  return `${namespace}/${pod}/${container}`;
}

/** The helper pod that the flags ask for. */
export function helperOptions(
  found: FoundPlace,
  options: PrivilegedExecOptions,
  { namespace, user, signal }: { namespace: string; user: string; signal: AbortSignal },
  say: (line: string) => void,
  context: CommandContext,
): HelperOptions {
  const { helper, tools, podRunningTimeout } = options;
  return {
    timeoutMs: podRunningTimeout,
    signal,
    say,
    log: (level, line) => context.log(level, line),
    runtime: found.place.runtime,
    reuse: helper.reuse,
    spec: {
      namespace,
      node: found.place.node,
      image: tools ?? helper.image,
      readOnly: tools === undefined,
      pullSecrets: helper.pullSecrets,
      resources: helper.resources,
      labels: helper.labels,
      annotations: helper.annotations,
      user,
      purpose: describePlace(found),
      lifetime: helper.lifetime,
      keep: helper.keep,
      dns: tools === undefined ? undefined : dnsOf(found.pod),
    },
  };
}

/** Tools look names up as the target does. */
function dnsOf(pod: Pod | undefined): { policy: string; config: NonNullable<Pod['spec']>['dnsConfig'] } | undefined {
  if (pod?.spec === undefined) return undefined;
  const { dnsPolicy = 'ClusterFirst', dnsConfig } = pod.spec;
  return { policy: dnsPolicy === 'ClusterFirst' ? 'ClusterFirstWithHostNet' : dnsPolicy, config: dnsConfig };
}

/** How a kept helper is used again, and removed. */
export function keptNote(name: string, namespace: string, node: string, lifetime: number): string {
  const until = new Date(Date.now() + lifetime).toISOString();
  return [
    `helper pod ${name} stays on node ${node} until ${until}`,
    `use it again with: --helper ${name} --helper-namespace ${namespace}`,
    `remove it with: kubectl delete pod ${name} -n ${namespace}`,
  ].join('\n');
}
