import type {
  V1CronJob,
  V1Deployment,
  V1Job,
  V1JobList,
  V1LabelSelector,
  V1ReplicationController,
  V1Service,
} from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import type { Json } from './json.ts';
import { pathOf } from './kinds.ts';
import { getObject } from './missing.ts';
import type { Reference } from './reference.ts';
import { formatLabelMap, formatSelector } from './selector.ts';

/** How to find the pods of an object. */
export interface PodQuery {
  /** The `labelSelector` query parameter; undefined selects every pod of the namespace. */
  readonly selector: string | undefined;
  /** Why there may be no pod, where the object tells. */
  readonly note: string | undefined;
}

/** Every kind that selects its pods by a label selector; Deployment stands for them all. */
type Workload = Json<Pick<V1Deployment, 'spec'>>;

/**
 * Reads an object and says how its pods are selected, as kubectl does: by labels alone, whoever owns the pods. A
 * CronJob, which kubectl does not take, stands for its newest active Job.
 */
export async function selectPods(
  api: ApiClient,
  reference: Reference,
  namespace: string,
  signal?: AbortSignal,
): Promise<PodQuery> {
  const get = <T>() => getObject<T>(api, reference, namespace, signal);
  switch (reference.kind) {
    case 'service':
      return selectOfService(reference.name, await get<Json<V1Service>>());
    case 'replicationcontroller': {
      const { spec } = await get<Json<V1ReplicationController>>();
      return { selector: formatLabelMap(spec?.selector ?? {}), note: noteOf(spec?.replicas) };
    }
    case 'cronjob': {
      const job = await findActiveJob(api, reference.name, namespace, await get<Json<V1CronJob>>(), signal);
      return { selector: requireSelector(reference, job.spec?.selector), note: undefined };
    }
    default: {
      const { spec } = await get<Workload>();
      return { selector: requireSelector(reference, spec?.selector), note: noteOf(spec?.replicas) };
    }
  }
}

function selectOfService(name: string, service: Json<V1Service>): PodQuery {
  const selector = formatLabelMap(service.spec?.selector ?? {});
  if (selector === undefined) {
    throw new KxError('KX_TARGET_NOT_FOUND', `invalid service '${name}': Service is defined without a selector`, {
      hint: 'nothing tells which pods are behind it: name a pod',
    });
  }
  return { selector, note: undefined };
}

/** An object without a selector selects nothing; asked without one, the server would give every pod there is. */
function requireSelector({ kind, name }: Reference, selector: Json<V1LabelSelector> | undefined): string | undefined {
  if (selector !== undefined) return formatSelector(selector);
  throw new KxError('KX_TARGET_NOT_FOUND', `${kind} "${name}" has no label selector, so it has no pods`);
}

function noteOf(replicas: number | undefined): string | undefined {
  return replicas === 0 ? 'it is scaled to 0 replicas' : undefined;
}

async function findActiveJob(
  api: ApiClient,
  name: string,
  namespace: string,
  cronJob: Json<V1CronJob>,
  signal?: AbortSignal,
): Promise<Json<V1Job>> {
  const { items } = await api.get<Json<V1JobList>>(pathOf('job', namespace), { signal });
  const uid = cronJob.metadata?.uid;
  const [newest] = items
    .filter((job) => job.metadata?.ownerReferences?.some((owner) => owner.uid === uid) && isActive(job))
    .sort((a, b) => createdAt(b) - createdAt(a));
  if (newest !== undefined) return newest;
  throw new KxError('KX_TARGET_NOT_RUNNING', `cronjob "${name}" has no active job`, {
    hint: `start one: kubectl create job --from=cronjob/${name} NAME -n ${namespace}`,
  });
}

function isActive(job: Json<V1Job>): boolean {
  const ended = (job.status?.conditions ?? []).some(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return !ended;
}

function createdAt(job: Json<V1Job>): number {
  return Date.parse(job.metadata?.creationTimestamp ?? '') || 0;
}
