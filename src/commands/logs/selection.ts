import type { ContainerKind, ContainerSelection } from '../../lib/target/index.ts';
import { isRegex, readContainers, readPatterns, readSource } from '../selection-words.ts';
import type { WhichLogs } from './options.ts';

/** Whether several logs may be meant, or some that are not there yet. */
export function isMany({ reference, ...which }: WhichLogs): boolean {
  if (reference === undefined || isRegex(reference) || which.allPods || which.allContainers) return true;
  if (isNarrowed(which)) return true;
  if (which.namespaces === 'all' || which.namespaces.length > 1) return true;
  return which.container !== undefined && isRegex(which.container);
}

/** Whether more is selected by than kubectl has: its words show no prefix. A pod that is named stays one pod, however narrowed. */
export function isBeyondKubectl(which: WhichLogs): boolean {
  const { reference, namespaces, container } = which;
  return (
    namespaces === 'all' ||
    namespaces.length > 1 ||
    (reference !== undefined && isRegex(reference)) ||
    (container !== undefined && isRegex(container)) ||
    (isNarrowed(which) && (reference === undefined || !isPodName(reference)))
  );
}

/** Whether a word means one pod by its name. */
export function isPodName(word: string): boolean {
  return !word.includes('/') || /^(po|pods?)\//i.test(word);
}

/** Whether flags that kubectl does not have leave something out. */
function isNarrowed(which: Omit<WhichLogs, 'reference'>): boolean {
  const { fieldSelector, node, excludePods, excludeContainers, states } = which;
  const isFiltered = excludePods.length + excludeContainers.length + states.length > 0;
  return isFiltered || fieldSelector !== undefined || node !== undefined;
}

/** Rejects with KX_USAGE for what cannot be a name or a pattern. */
export async function readSelection(which: WhichLogs, namespace: string): Promise<ContainerSelection> {
  const { reference, container, allContainers, states, namespaces } = which;
  const kinds: ContainerKind[] = ['container'];
  if (which.initContainers) kinds.unshift('init');
  if (which.ephemeralContainers) kinds.push('ephemeral');
  return {
    namespaces: namespaces.length === 0 ? [namespace] : namespaces,
    sources: reference === undefined ? [] : [await readSource(reference)],
    labelSelector: which.labelSelector,
    fieldSelector: which.fieldSelector,
    node: which.node,
    excludePods: await readPatterns(which.excludePods, 'exclude-pod'),
    containers: await readContainers(container, allContainers),
    excludeContainers: await readPatterns(which.excludeContainers, 'exclude-container'),
    kinds,
    ...(states.length === 0 ? {} : { states }),
  };
}
