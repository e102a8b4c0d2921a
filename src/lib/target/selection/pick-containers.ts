import type { V1ContainerStatus } from '@kubernetes/client-node';
import type { KxError } from '../../errors/index.ts';
import { defaultContainer, defaultedNote, wrongContainerError } from '../container.ts';
import type { Json } from '../json.ts';
import type { Pod } from '../pod-order.ts';
import type { ContainerKind, ContainerSelection, SelectedContainer } from './types.ts';

/** What is kept of a pod: its containers that are selected. */
export interface PickedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The resourceVersion. */
  readonly version: string;
  readonly deleting: boolean;
  readonly containers: readonly SelectedContainer[];
  /** kubectl's line about a container that was taken by default. */
  readonly note: string | undefined;
  /** The pod has no container of the name that is asked for. */
  readonly lacks: KxError | undefined;
}

type Status = Json<V1ContainerStatus>;

/** A container of a pod with what the kubelet says of it. */
interface Part {
  readonly kind: ContainerKind;
  readonly name: string;
  readonly status: Status | undefined;
}

/** By namespace and name. */
export function comparePods(a: PickedPod, b: PickedPod): number {
  return compareTexts(a.namespace, b.namespace) || compareTexts(a.name, b.name);
}

function compareTexts(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** The containers of a pod that are selected, in kubectl's order; undefined for a pod that is left out. */
export function pickContainers(pod: Pod, selection: ContainerSelection): PickedPod | undefined {
  const { name = '', namespace = '', uid = '', resourceVersion: version = '', deletionTimestamp } = pod.metadata ?? {};
  if (selection.excludePods?.some((pattern) => pattern.test(name)) === true) return undefined;
  const { containers, excludeContainers = [], states } = selection;
  const { isWanted, note } = choose(pod, selection);
  const labels = pod.metadata?.labels ?? {};
  const picked = partsOf(pod)
    .filter((part) => isWanted(part) && !excludeContainers.some((pattern) => pattern.test(part.name)))
    .map((part) => describe(pod, part, labels))
    .filter(({ state }) => states?.includes(state) ?? true);
  const lacks = typeof containers === 'object' && 'name' in containers && wrongContainerError(pod, containers.name);
  return {
    ...{ namespace, name, uid, version, note },
    deleting: deletionTimestamp != null,
    containers: picked,
    lacks: lacks || undefined,
  };
}

function choose(
  pod: Pod,
  { containers, kinds }: ContainerSelection,
): { isWanted: (part: Part) => boolean; note?: string | undefined } {
  if (containers === 'default') {
    const { name, note } = defaultOf(pod);
    return { isWanted: (part) => part.name === name, note };
  }
  if (containers !== 'all' && 'name' in containers) return { isWanted: (part) => part.name === containers.name };
  const isOfKind = ({ kind }: Part): boolean => kinds?.includes(kind) ?? true;
  return { isWanted: (part) => isOfKind(part) && (containers === 'all' || containers.test(part.name)) };
}

/**
 * As kubectl logs chooses (polymorphichelpers/logsforobject.go): an annotation that names no container of the pod is
 * passed over.
 */
function defaultOf(pod: Pod): { name: string | undefined; note: string | undefined } {
  const named = pod.metadata?.annotations?.[defaultContainer] ?? '';
  if (named !== '' && partsOf(pod).some(({ name }) => name === named)) return { name: named, note: undefined };
  const first = pod.spec?.containers[0]?.name;
  const notes = [
    named === '' ? undefined : `Default container name "${named}" not found in pod ${pod.metadata?.name ?? ''}`,
    first === undefined ? undefined : defaultedNote(pod, first),
  ];
  return { name: first, note: notes.filter((note) => note !== undefined).join('\n') || undefined };
}

function partsOf({ spec, status }: Pod): readonly Part[] {
  const join = (kind: ContainerKind, specs: readonly { name: string }[] = [], statuses: readonly Status[] = []) =>
    specs.map(({ name }) => ({ kind, name, status: statuses.find((each) => each.name === name) }));
  return [
    ...join('init', spec?.initContainers, status?.initContainerStatuses),
    ...join('container', spec?.containers, status?.containerStatuses),
    ...join('ephemeral', spec?.ephemeralContainers, status?.ephemeralContainerStatuses),
  ];
}

function describe(pod: Pod, { kind, name, status }: Part, labels: Readonly<Record<string, string>>): SelectedContainer {
  const { running, terminated, waiting } = status?.state ?? {};
  // A pod that was evicted may have ended without a word about its containers.
  const over = !running && !terminated && ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
  return {
    namespace: pod.metadata?.namespace ?? '',
    pod: pod.metadata?.name ?? '',
    uid: pod.metadata?.uid ?? '',
    node: pod.spec?.nodeName || undefined,
    labels,
    deleting: pod.metadata?.deletionTimestamp != null,
    container: name,
    kind,
    state: running ? 'running' : terminated || over ? 'terminated' : 'waiting',
    reason: terminated?.reason ?? (over ? pod.status?.reason : waiting?.reason),
    exitCode: terminated?.exitCode,
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    containerId: status?.containerID || undefined,
    startedAt: running?.startedAt ?? terminated?.startedAt,
  };
}
