import type { V1CronJob, V1Job } from '@kubernetes/client-node';
import type { ApiClient } from '../../kube/index.ts';
import type { Json } from '../json.ts';
import { pathOf } from '../kinds.ts';
import { getObject, isMissing } from '../missing.ts';
import type { Pod } from '../pod-order.ts';
import { readObjects } from './read-objects.ts';

/** Every pod of a Job has it. */
export const jobNameLabel = 'job-name';

/**
 * Which pods belong to a CronJob: those of its Jobs, also of Jobs to come. A Job that was not there at the beginning is
 * asked for once.
 */
export async function podsOfCronJob(
  api: ApiClient,
  name: string,
  namespace: string,
  signal?: AbortSignal,
): Promise<(pod: Pod) => boolean | Promise<boolean>> {
  const { metadata } = await getObject<Json<V1CronJob>>(api, { kind: 'cronjob', name }, namespace, signal);
  const belongs = new Map<string, boolean>();
  const learn = (job: Pick<Json<V1Job>, 'metadata'>): void => {
    const owners = job.metadata?.ownerReferences ?? [];
    belongs.set(
      job.metadata?.uid ?? '',
      owners.some((owner) => owner.uid === metadata?.uid),
    );
  };
  const ask = async (job: { name: string; uid: string }): Promise<boolean> => {
    try {
      learn(await api.get<Json<V1Job>>(pathOf('job', namespace, job.name), { signal }));
    } catch (error) {
      if (!isMissing(error, job.name)) throw error;
    }
    // A pod whose Job is gone, or was created again, belongs to none.
    if (!belongs.has(job.uid)) belongs.set(job.uid, false);
    return belongs.get(job.uid) === true;
  };
  await readObjects(api, { path: pathOf('job', namespace), signal }, learn);
  return (pod) => {
    const job = pod.metadata?.ownerReferences?.find(({ kind, controller }) => kind === 'Job' && controller === true);
    return job !== undefined && (belongs.get(job.uid) ?? ask(job));
  };
}
