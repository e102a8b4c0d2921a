import { join } from 'node:path';
import type { Name, RemoteSpec, Spec } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { listNodes } from '../../lib/privileged/index.ts';
import {
  formatReference,
  nodeTarget,
  resolveTarget,
  selectTargets,
  type SelectedPod,
  type Target,
} from '../../lib/target/index.ts';
import { sayOnce } from '../say-once.ts';
import type { CopyOptions } from './options.ts';
import type { CopyRequest } from './request.ts';

/** One end of a copy, of which all is known but what is there. */
export type Place = LocalPlace | RemotePlace | { readonly side: 'stdio' };

export interface LocalPlace {
  readonly side: 'local';
  readonly path: string;
  /** The directory of a pod: it is made, and everything goes into it. */
  readonly into?: true;
}

export interface RemotePlace {
  readonly side: 'remote';
  readonly target: Target;
  readonly path: Name;
}

/** Sources and their destination; with several pods there is a job for each. */
export interface Job {
  /** The pod or node, where there are several. */
  readonly pod?: string;
  readonly sources: readonly Place[];
  readonly destination: Place;
}

/** A pod that has no target: the job that could not be made. */
export interface FailedJob {
  readonly pod: string;
  readonly error: KxError;
}

/** Finds the pods and nodes of a request. Rejects as resolveTarget, selectTargets and listNodes do. */
export async function findJobs(
  api: ApiClient,
  request: CopyRequest,
  options: CopyOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<readonly (Job | FailedJob)[]> {
  const { container, quiet, podRunningTimeout: podRunningTimeoutMs } = options;
  const common = { container, quiet, podRunningTimeoutMs, signal };
  const namespaceOf = (spec: RemoteSpec): string => spec.namespace ?? api.namespace;
  const targets = new Map<string, Promise<Target>>();
  const placeOf = async (spec: Spec): Promise<Place> => {
    if (spec.side !== 'remote') return spec;
    const { reference, node, path } = spec;
    if (node !== undefined) return { side: 'remote', target: nodeTarget(node, api.namespace), path };
    if (reference === undefined) throw new KxError('KX_INTERNAL', 'a selection is no single pod');
    const namespace = namespaceOf(spec);
    const key = `${namespace}/${formatReference(reference)}`;
    // Two sources in deploy/web are in one pod.
    const found = targets.get(key) ?? resolveTarget(api, { reference, namespace, ...common }, say);
    targets.set(key, found);
    return { side: 'remote', target: await found, path };
  };
  const { sources, destination, every } = request;
  if (every === undefined)
    return [{ sources: await placesOf(sources, placeOf), destination: await placeOf(destination) }];
  const [many] = every === 'destination' ? [destination] : sources;
  if (many?.side !== 'remote') throw new KxError('KX_INTERNAL', 'a selection is in a container');
  const of = many.reference ?? options.selector ?? '';
  const pods =
    options.nodes === undefined
      ? await selectTargets(api, { of, namespace: namespaceOf(many), ...common }, sayOnce(say))
      : await selectNodes(api, options.nodes, signal);
  if (every === 'destination') {
    const from = await placesOf(sources, placeOf);
    return pods.map((pod) => jobOf(pod, (at) => ({ sources: from, destination: at(destination) })));
  }
  const into = destination.side === 'local' ? destination.path : '';
  return pods.map((pod) =>
    jobOf(pod, (at) => ({
      sources: sources.map(at),
      destination: { side: 'local', path: join(into, pod.pod), into: true },
    })),
  );
}

/** Every node with the labels, also those that nothing can be started on. */
async function selectNodes(api: ApiClient, selector: string, signal: AbortSignal): Promise<readonly SelectedPod[]> {
  const nodes = await listNodes(api, selector, signal);
  if (nodes.length === 0) throw new KxError('KX_TARGET_NOT_FOUND', 'no node fits the selection');
  return nodes.map(({ name, place }) => {
    return { pod: name, target: place instanceof KxError ? place : nodeTarget(name, api.namespace) };
  });
}

async function placesOf(specs: readonly Spec[], placeOf: (spec: Spec) => Promise<Place>): Promise<readonly Place[]> {
  const places: Place[] = [];
  // One after the other: each may have something to say, or fail.
  for (const spec of specs) places.push(await placeOf(spec));
  return places;
}

function jobOf({ pod, target }: SelectedPod, make: (at: (spec: Spec) => Place) => Omit<Job, 'pod'>): Job | FailedJob {
  if (target instanceof KxError) return { pod, error: target };
  return { pod, ...make((spec) => (spec.side === 'remote' ? { side: 'remote', target, path: spec.path } : spec)) };
}
