import { readFileSync } from 'node:fs';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient, type ConnectionFlags } from '../../lib/kube/index.ts';
import type { LineSource } from '../../lib/render/index.ts';
import {
  listContainers,
  type ContainerSelection,
  type PodSource,
  type SelectedContainer,
} from '../../lib/target/index.ts';
import { apiserverTransport, targetingTransport, type TargetingTransport } from '../../lib/transport/index.ts';
import { readPattern, readPatterns, readSource } from '../selection-words.ts';
import type { FanoutExecOptions, TargetOptions } from './options.ts';

/** One container to run in, and the way to it. */
export interface ExecTarget {
  readonly transport: TargetingTransport;
  readonly container: SelectedContainer;
  readonly source: LineSource;
}

/** What the search is given besides the options. */
export interface Surroundings {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly log: (level: number, line: string) => void;
}

interface Found {
  readonly api: ApiClient;
  readonly containers: readonly SelectedContainer[];
}

/**
 * Every container that is selected, by context in the order given, namespace and pod. Without `-l`, names and the like nothing is.
 * Rejects with KX_TARGET_NOT_FOUND where nothing fits, with KX_USAGE, or as `listContainers`: then nothing has run anywhere.
 */
export async function findTargets(
  { targets: options, connection, quiet }: FanoutExecOptions,
  around: Surroundings,
): Promise<readonly ExecTarget[]> {
  const words = [...options.words, ...readWords(options.file)];
  requireSelection(options, words);
  const sources = await Promise.all(words.map(readSource));
  const select = await readSelection(options, sources);
  const contexts = options.contexts.length === 0 ? [connection.context] : [...new Set(options.contexts)];
  const said = new Set<string>();
  const sayOnce = (line: string): void => {
    if (!quiet && !said.has(line)) around.say(line);
    said.add(line);
  };
  const find = async (context: string | undefined): Promise<Found> => {
    const api = await connectTo({ ...connection, context }, around);
    const namespaces = options.namespaces.length === 0 ? [api.namespace] : options.namespaces;
    const containers = await listContainers(api, { ...select, namespaces }, { signal: around.signal, say: sayOnce });
    return { api, containers: containers.filter((each) => !each.deleting || isNamed(each, sources)) };
  };
  const found = await Promise.all(contexts.map(find));
  const all = found.flatMap(({ api, containers }) => targetsOf(api, containers, contexts.length > 1));
  if (all.length === 0) throw new KxError('KX_TARGET_NOT_FOUND', 'no container that runs fits the selection');
  return options.pick === undefined ? all : pickSome(all, options.pick);
}

function connectTo(flags: ConnectionFlags, { log }: Surroundings): Promise<ApiClient> {
  return connect(flags, { env: process.env, log });
}

function readWords(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot read the targets in ${file}: ${(error as Error).message}`, { cause: error });
  }
  const words = text.split('\n').flatMap((line) => line.replace(/(^|\s)#.*/, '').split(/\s+/));
  const named = words.filter((word) => word !== '');
  // Nothing must never stand for everything.
  if (named.length === 0) throw new KxError('KX_TARGET_NOT_FOUND', `no target is named in ${file}`);
  return named;
}

function requireSelection(options: TargetOptions, words: readonly string[]): void {
  const { labelSelector, fieldSelector, node, namespaces } = options;
  const selects = [labelSelector, fieldSelector, node].some((each) => each !== undefined && each !== '');
  if (words.length > 0 || selects || namespaces === 'all') return;
  throw new KxError('KX_USAGE', 'no targets were given', {
    hint: "name them (POD, TYPE/NAME, '/REGEX/'), or select them with -l, --field-selector, --node or -A",
  });
}

async function readSelection(
  options: TargetOptions,
  sources: readonly PodSource[],
): Promise<Omit<ContainerSelection, 'namespaces'>> {
  const { allContainers, container, node, labelSelector } = options;
  const named = container === undefined ? undefined : await readPattern(container, 'container');
  const names = sources.some((source) => 'kind' in source && source.kind === 'pod');
  return {
    sources,
    labelSelector,
    node,
    // Who names a pod is told that it has ended; who selects does not mean those.
    fieldSelector: names ? options.fieldSelector : joinSelectors(options.fieldSelector, livePods),
    excludePods: await readPatterns(options.exclude, 'exclude'),
    containers: allContainers ? 'all' : container === undefined ? 'default' : (named ?? { name: container }),
    ...(allContainers || named !== undefined ? { kinds: ['container'] } : {}),
  };
}

const livePods = 'status.phase!=Succeeded,status.phase!=Failed';

function joinSelectors(...selectors: readonly (string | undefined)[]): string {
  return selectors.filter((each) => each !== undefined && each !== '').join(',');
}

function isNamed({ pod }: SelectedContainer, sources: readonly PodSource[]): boolean {
  return sources.some((source) => 'kind' in source && source.kind === 'pod' && source.name === pod);
}

function targetsOf(api: ApiClient, containers: readonly SelectedContainer[], many: boolean): readonly ExecTarget[] {
  const transport = targetingTransport(apiserverTransport(api), api, true, () => {});
  return containers.map((container) => {
    const { namespace, pod, container: name, node } = container;
    const context = many ? { context: api.context } : {};
    return { transport, container, source: { ...context, namespace, pod, container: name, node } };
  });
}

/** A random choice, in the order in which they came. */
function pickSome(all: readonly ExecTarget[], count: number): readonly ExecTarget[] {
  const places = all.map((_, place) => place);
  const chosen = Array.from({ length: Math.min(count, all.length) }, (_, at) => {
    const other = at + Math.floor(Math.random() * (places.length - at));
    [places[at], places[other]] = [places[other] ?? 0, places[at] ?? 0];
    return places[at];
  });
  return chosen.sort((a, b) => a - b).flatMap((place) => all[place] ?? []);
}
