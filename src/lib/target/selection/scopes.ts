import type { ApiClient } from '../../kube/index.ts';
import { KxError } from '../../errors/index.ts';
import { isExplainedMissing } from '../missing.ts';
import { checkName } from '../names.ts';
import type { Pod } from '../pod-order.ts';
import type { Reference } from '../reference.ts';
import { selectPods } from '../workload.ts';
import { jobNameLabel, podsOfCronJob } from './cronjob-pods.ts';
import { inParallel } from './in-parallel.ts';
import { findNamespaces, notFound, type Missing } from './not-found.ts';
import { pickContainers, type PickedPod } from './pick-containers.ts';
import { readSources, type Sources } from './sources.ts';
import type { ContainerSelection } from './types.ts';

/** Pods that one list, and one watch, shows. */
export interface PodScope {
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
  /** Set where nothing but this pod is meant, and no selector narrows it. */
  readonly name?: string | undefined;
  /** `labelSelector` and `fieldSelector`, where there are some. */
  readonly query: Readonly<Record<string, string>>;
  /** Which of the pods that the server shows are meant. */
  readonly accepts: (pod: Pod) => boolean | Promise<boolean>;
}

/** What to ask the cluster for a selection, and the objects that it names and that are in none of its namespaces. */
export interface Plan {
  readonly scopes: readonly PodScope[];
  readonly missing: readonly Missing[];
}

/** More names than this are cheaper to find in a list of all pods. */
const separateNames = 8;

/** Reads the objects whose pods are meant. Rejects with KX_USAGE for what cannot be a name. */
export async function planScopes(api: ApiClient, selection: ContainerSelection, signal?: AbortSignal): Promise<Plan> {
  const sources = readSources(selection);
  const found = await inParallel(sources.workloads, async (reference) => {
    const scopes = await scopesOfWorkload(api, reference, { selection, sources }, signal);
    return scopes instanceof KxError
      ? { missing: [{ reference, error: scopes }], scopes: [] }
      : { missing: [], scopes };
  });
  return {
    scopes: [...scopesOfPods(selection, sources), ...found.flatMap(({ scopes }) => scopes)],
    missing: found.flatMap(({ missing }) => missing),
  };
}

/** What a list or a watch keeps of a pod that it shows. */
export function keeperOf(
  { accepts }: PodScope,
  selection: ContainerSelection,
): (pod: Pod) => Promise<PickedPod | undefined> {
  return async (pod) => ((await accepts(pod)) ? pickContainers(pod, selection) : undefined);
}

function scopesOfPods(selection: ContainerSelection, { namespaces, podNames, patterns }: Sources): readonly PodScope[] {
  const query = queryOf(selection, {});
  if (selection.sources.length === 0) return namespaces.map((namespace) => ({ namespace, query, accepts: () => true }));
  if (patterns.length === 0 && podNames.length <= separateNames) {
    const isNarrowed = Object.keys(query).length > 0;
    return namespaces.flatMap((namespace) =>
      podNames.map((name) => ({
        namespace,
        ...(isNarrowed ? {} : { name }),
        query: queryOf(selection, { fields: `metadata.name=${name}` }),
        accepts: () => true,
      })),
    );
  }
  const wanted = new Set(podNames);
  const accepts = ({ metadata: { name = '' } = {} }: Pod): boolean =>
    wanted.has(name) || patterns.some((pattern) => pattern.test(name));
  return namespaces.map((namespace) => ({ namespace, query, accepts }));
}

interface Context {
  readonly selection: ContainerSelection;
  readonly sources: Sources;
}

/** An error where none of the namespaces has such an object. */
async function scopesOfWorkload(
  api: ApiClient,
  reference: Reference,
  { selection, sources: { namespaces } }: Context,
  signal: AbortSignal | undefined,
): Promise<readonly PodScope[] | KxError> {
  const places = selection.namespaces === 'all' ? await findNamespaces(api, reference, signal) : selection.namespaces;
  const found = await inParallel([...new Set(places)], (namespace) =>
    scopeOfWorkload(api, reference, { namespace, selection }, signal).catch((error: unknown) => {
      if (isExplainedMissing(error)) return error;
      throw error;
    }),
  );
  const scopes = found.flatMap((scope) => (scope instanceof KxError ? [] : scope));
  if (scopes.length > 0) return scopes;
  const [error] = found;
  return error instanceof KxError && found.length === 1 ? error : notFound([reference], namespaces);
}

async function scopeOfWorkload(
  api: ApiClient,
  reference: Reference,
  { namespace, selection }: { readonly namespace: string; readonly selection: ContainerSelection },
  signal: AbortSignal | undefined,
): Promise<PodScope> {
  if (reference.kind === 'cronjob') {
    const accepts = await podsOfCronJob(api, reference.name, namespace, signal);
    return { namespace, query: queryOf(selection, { labels: jobNameLabel }), accepts };
  }
  const { selector } = await selectPods(api, reference, namespace, signal);
  return { namespace, query: queryOf(selection, { labels: selector }), accepts: () => true };
}

/** The query of a selection, with more conditions in front. */
function queryOf(
  { labelSelector, fieldSelector, node }: ContainerSelection,
  { labels, fields }: { readonly labels?: string | undefined; readonly fields?: string },
): Readonly<Record<string, string>> {
  if (node !== undefined) checkName('node', node);
  const joined = {
    labelSelector: join(labels, labelSelector),
    fieldSelector: join(fields, fieldSelector, node === undefined ? undefined : `spec.nodeName=${node}`),
  };
  return Object.fromEntries(Object.entries(joined).filter(([, text]) => text !== ''));
}

function join(...selectors: readonly (string | undefined)[]): string {
  return selectors.filter((text) => text !== undefined && text !== '').join(',');
}
