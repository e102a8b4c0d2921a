import type { V1SelfSubjectReview } from '@kubernetes/client-node';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { HelperOptions, Place } from '../../lib/privileged/index.ts';
import type { Json, Pod } from '../../lib/target/index.ts';
import type { HelperChoice } from './helper-flags.ts';

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
export function helperNamespace(api: ApiClient, place: Place, helper: HelperChoice): string {
  return helper.namespace ?? (place.kind === 'container' ? place.target.namespace : api.namespace);
}

/** The place in words that say where it is in the cluster. */
export function describePlace(place: Place): string {
  if (place.kind === 'node') return `node/${place.node}`;
  const { namespace, pod, container } = place.target;
  return `${namespace}/${pod}/${container}`;
}

/** What decides on a helper pod. Times are milliseconds. */
interface HelperRequest {
  readonly place: Place;
  /** Of a container. */
  readonly pod: Pod | undefined;
  readonly helper: HelperChoice;
  /** The image of `--tools`. */
  readonly tools: string | undefined;
  readonly keep: boolean;
  readonly reuse: string | undefined;
  readonly podRunningTimeout: number;
}

/** The helper pod that the flags ask for. */
export function helperOptions(
  { place, pod, helper, tools, keep, reuse, podRunningTimeout }: HelperRequest,
  { namespace, user, ...around }: { namespace: string; user: string } & Pick<HelperOptions, 'signal' | 'say' | 'log'>,
): HelperOptions {
  return {
    ...around,
    timeoutMs: podRunningTimeout,
    runtime: place.runtime,
    reuse,
    spec: {
      namespace,
      node: place.node,
      image: tools ?? helper.image,
      readOnly: tools === undefined,
      pullSecrets: helper.pullSecrets,
      resources: helper.resources,
      labels: helper.labels,
      annotations: helper.annotations,
      user,
      purpose: describePlace(place),
      lifetime: helper.lifetime,
      keep,
      dns: tools === undefined ? undefined : dnsOf(pod),
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
