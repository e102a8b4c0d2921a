import { KxError } from '../../lib/errors/index.ts';
import type { ContainerSelection, PodSource } from '../../lib/target/index.ts';
import { readNamedFile } from '../read-named-file.ts';
import { readContainers, readPatterns, readSource } from '../selection-words.ts';
import type { TargetOptions } from './options.ts';
import { unfoldNames } from './unfold-names.ts';

/** What is selected in one of the namespaces and clusters. */
export type Selection = Omit<ContainerSelection, 'namespaces'>;

/** Pods that are named, and pods that are selected otherwise, which are only those that may run. */
export interface Selections {
  readonly named: Selection | undefined;
  readonly selected: Selection | undefined;
}

const livePods = 'status.phase!=Succeeded,status.phase!=Failed';

/**
 * Reads what was typed. Who names a pod is told that it has ended; who selects does not mean those. Rejects with KX_USAGE where
 * nothing was said: that must not mean everything.
 */
export async function readSelections(options: TargetOptions, words: readonly string[]): Promise<Selections> {
  requireSelection(options, words);
  const sources = await Promise.all(words.map(readSource));
  const pods = sources.filter(isPod);
  const others = sources.filter((source) => !isPod(source));
  const common = await readConditions(options);
  const fieldSelector = [options.fieldSelector, livePods].filter((each) => each !== undefined && each !== '').join(',');
  return {
    named: pods.length === 0 ? undefined : { ...common, sources: pods, fieldSelector: options.fieldSelector },
    selected: pods.length > 0 && others.length === 0 ? undefined : { ...common, sources: others, fieldSelector },
  };
}

function isPod(source: PodSource): boolean {
  return 'kind' in source && source.kind === 'pod';
}

/** The words of `--targets-file`. Throws KX_TARGET_NOT_FOUND for a file that names nothing. */
export function readWords(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  const text = readNamedFile(file, `the targets in ${file}`).toString();
  const words = text.split('\n').flatMap((line) => line.replace(/(^|\s)#.*/, '').split(/\s+/));
  const named = words.filter((word) => word !== '');
  if (named.length === 0) throw new KxError('KX_TARGET_NOT_FOUND', `no target is named in ${file}`);
  return named;
}

function requireSelection(options: TargetOptions, words: readonly string[]): void {
  const { labelSelector, fieldSelector, node, namespaces } = options;
  const selects = [labelSelector, fieldSelector, node].some((each) => each !== undefined && each !== '');
  if (words.length > 0 || selects || namespaces === 'all') return;
  throw new KxError('KX_USAGE', 'no targets were given', {
    hint: "name them (POD, TYPE/NAME, '/REGEX/'), or select them with -l, --field-selector, --node or -A; nodes with --all-nodes or --nodes",
  });
}

async function readConditions(options: TargetOptions): Promise<Omit<Selection, 'sources'>> {
  const { allContainers, container, node, labelSelector } = options;
  const containers = await readContainers(container, allContainers);
  return {
    labelSelector,
    node,
    excludePods: await readPatterns(options.exclude.flatMap(unfoldNames), 'exclude'),
    containers,
    // Init and ephemeral containers only where one is named.
    ...(containers === 'all' || (containers !== 'default' && 'test' in containers) ? { kinds: ['container'] } : {}),
  };
}
