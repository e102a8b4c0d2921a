import type { V1Node } from '@kubernetes/client-node';
import { KxError, toKxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { readObjects, type Json } from '../target/index.ts';
import type { NodePlace } from './place.ts';

/** A node as it was when it was read. */
export interface SelectedNode {
  readonly name: string;
  /** Undefined: it may not be read. */
  readonly uid: string | undefined;
  /** In words: `ready`, `ready, cordoned`, `not ready`, `does not answer`, `Windows`; `unknown` where it may not be read. */
  readonly state: string;
  /** The error of a node that nothing can be started on: KX_TARGET_NOT_RUNNING (its kubelet does not answer), KX_ENTER (Windows). */
  readonly place: NodePlace | KxError;
}

const path = '/api/v1/nodes';

/**
 * The nodes with these labels, by name; an empty selector selects all. Rejects with KX_FORBIDDEN for a user who may not list
 * nodes, and as the ApiClient does.
 */
export async function listNodes(
  api: ApiClient,
  labelSelector: string,
  signal: AbortSignal,
): Promise<readonly SelectedNode[]> {
  const query = labelSelector === '' ? {} : { labelSelector };
  const { kept } = await readObjects(api, { path, query, signal }, (node: Json<V1Node>) => describe(node));
  return kept.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** One node. Rejects with KX_TARGET_NOT_FOUND. A user who may not read nodes gets the place as it is. */
export async function readNode(api: ApiClient, name: string, signal: AbortSignal): Promise<SelectedNode> {
  try {
    return describe(await api.get<Json<V1Node>>(`${path}/${encodeURIComponent(name)}`, { signal }));
  } catch (error) {
    const { details } = toKxError(error);
    if (details['status'] === '403') {
      return { name, uid: undefined, state: 'unknown', place: { kind: 'node', node: name, runtime: undefined } };
    }
    if (details['status'] !== '404') throw error;
    throw new KxError('KX_TARGET_NOT_FOUND', `node "${name}" not found`, { details, cause: error });
  }
}

/** The place of a node. Rejects as `readNode`, and with what keeps commands from being started there. */
export async function findNode(api: ApiClient, name: string, signal: AbortSignal): Promise<NodePlace> {
  const { place } = await readNode(api, name, signal);
  if (place instanceof KxError) throw place;
  return place;
}

function describe({ metadata, spec, status }: Json<V1Node>): SelectedNode {
  const { name = '', uid } = metadata ?? {};
  const { operatingSystem, containerRuntimeVersion = '' } = status?.nodeInfo ?? {};
  const node = { name, uid };
  if (operatingSystem === 'windows') {
    return { ...node, state: 'Windows', place: new KxError('KX_ENTER', `node "${name}" runs Windows`) };
  }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'Unknown') {
    const message = `the kubelet of node "${name}" does not answer: ${ready.message ?? ready.reason ?? 'no reason given'}`;
    const place = new KxError('KX_TARGET_NOT_RUNNING', message, { hint: 'no pod can be started there now' });
    return { ...node, state: 'does not answer', place };
  }
  // Helper pods do without the scheduler and without the network of pods.
  const state = `${ready?.status === 'True' ? 'ready' : 'not ready'}${spec?.unschedulable === true ? ', cordoned' : ''}`;
  return { ...node, state, place: { kind: 'node', node: name, runtime: containerRuntimeVersion.split('://')[0] } };
}
