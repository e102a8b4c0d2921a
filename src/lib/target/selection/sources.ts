import { checkNamespace } from '../names.ts';
import type { Reference } from '../reference.ts';
import type { ContainerSelection, TextPattern } from './types.ts';

/** The sources of a selection by what they are, and the namespaces to look into; each once. */
export interface Sources {
  readonly podNames: readonly string[];
  readonly patterns: readonly TextPattern[];
  readonly workloads: readonly Reference[];
  /** One that is undefined stands for all of them. */
  readonly namespaces: readonly (string | undefined)[];
}

/** Takes a selection apart. Throws KX_USAGE for what cannot be a namespace. */
export function readSources({ sources, namespaces }: ContainerSelection): Sources {
  const references = sources.filter((source) => 'kind' in source);
  if (namespaces !== 'all') for (const namespace of namespaces) checkNamespace(namespace);
  return {
    podNames: [...new Set(references.filter(({ kind }) => kind === 'pod').map(({ name }) => name))],
    patterns: sources.flatMap((source) => ('podName' in source ? source.podName : [])),
    workloads: references.filter(({ kind }) => kind !== 'pod'),
    namespaces: namespaces === 'all' ? [undefined] : [...new Set(namespaces)],
  };
}
