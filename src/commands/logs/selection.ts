import type { ContainerKind, ContainerSelection } from '../../lib/target/index.ts';
import { isRegex, readContainers, readPatterns, readSource } from '../selection-words.ts';
import type { WhichLogs } from './options.ts';

/** Whether several logs may be meant, or some that are not there yet. */
export function isMany({ reference, ...which }: WhichLogs): boolean {
  if (reference === undefined || isRegex(reference) || which.allPods || which.allContainers) return true;
  if (which.namespaces === 'all' || which.namespaces.length > 1) return true;
  return which.container !== undefined && isRegex(which.container);
}

/** Whether more is selected by than kubectl has: its words show no prefix. */
export function isBeyondKubectl(which: WhichLogs): boolean {
  const { reference, namespaces, container, fieldSelector, node } = which;
  return (
    namespaces === 'all' ||
    namespaces.length > 1 ||
    fieldSelector !== undefined ||
    node !== undefined ||
    (reference !== undefined && isRegex(reference)) ||
    (container !== undefined && isRegex(container))
  );
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
