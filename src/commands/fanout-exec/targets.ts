import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import type { LineSource } from '../../lib/render/index.ts';
import { listContainers, type SelectedContainer } from '../../lib/target/index.ts';
import { apiserverTransport, targetingTransport, type TargetingTransport } from '../../lib/transport/index.ts';
import type { FanoutExecOptions } from './options.ts';
import { readSelections, type Selection } from './selection.ts';

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

/**
 * Every container that is selected, by context in the order given, namespace and pod. Rejects with KX_TARGET_NOT_FOUND where
 * nothing fits, as `readSelections`, or as `listContainers` for any of the clusters: then nothing has run anywhere.
 */
export async function findTargets(
  { targets: options, connection, quiet }: FanoutExecOptions,
  around: Surroundings,
): Promise<readonly ExecTarget[]> {
  const selections = await readSelections(options);
  const contexts = options.contexts.length === 0 ? [connection.context] : [...new Set(options.contexts)];
  const said = new Set<string>();
  const say = (line: string): void => {
    if (!quiet && !said.has(line)) around.say(line);
    said.add(line);
  };
  const find = async (context: string | undefined): Promise<readonly ExecTarget[]> => {
    const api = await connect({ ...connection, context }, { env: process.env, log: around.log });
    const namespaces = options.namespaces.length === 0 ? [api.namespace] : options.namespaces;
    const list = async (selection: Selection | undefined): Promise<readonly SelectedContainer[]> =>
      selection === undefined ? [] : listContainers(api, { ...selection, namespaces }, { signal: around.signal, say });
    const [named, selected] = await Promise.all([list(selections.named), list(selections.selected)]);
    const live = selected.filter(({ deleting }) => !deleting);
    return targetsOf(api, mergeLists(named, live), contexts.length > 1);
  };
  const all = (await Promise.all(contexts.map(find))).flat();
  if (all.length === 0) throw new KxError('KX_TARGET_NOT_FOUND', 'no container that runs fits the selection');
  return options.pick === undefined ? all : pickSome(all, options.pick);
}

/** Each is sorted, and has the containers of a pod together. */
function mergeLists(
  named: readonly SelectedContainer[],
  selected: readonly SelectedContainer[],
): readonly SelectedContainer[] {
  if (named.length === 0) return selected;
  const all = new Map([...named, ...selected].map((each) => [`${each.uid}/${each.container}`, each]));
  const rank = ({ namespace, pod }: SelectedContainer): string => `${namespace}/${pod}`;
  return [...all.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))));
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
