import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import { listContainers, type SelectedContainer } from '../../lib/target/index.ts';
import { apiserverTransport, targetingTransport } from '../../lib/transport/index.ts';
import { startCommand } from '../exec/start.ts';
import type { NodeHelperEvents } from '../privileged-exec/node-helpers.ts';
import { sayOnce } from '../say-once.ts';
import { combineClusters, type FoundTargets } from './clusters.ts';
import type { ExecTarget, Finder, Way } from './exec-target.ts';
import { readNodeSelection } from './node-selection.ts';
import { nodeFinder } from './node-targets.ts';
import type { FanoutExecOptions } from './options.ts';
import { readSelections, readWords, type Selection } from './selection.ts';
import { unfoldNames } from './unfold-names.ts';

/**
 * Every container that is selected, by context in the order given, namespace and pod; or every node. Rejects with KX_TARGET_NOT_FOUND
 * where nothing fits, as `readSelections`, `listContainers` or `listNodes` for any of the clusters that answers: then nothing has
 * run anywhere.
 */
export async function findTargets(fanout: FanoutExecOptions, around: NodeHelperEvents): Promise<FoundTargets> {
  const { targets: options, connection } = fanout;
  const words = [...options.words, ...readWords(options.file)].flatMap(unfoldNames);
  const nodes = await readNodeSelection(fanout, words);
  const contexts = options.contexts.length === 0 ? [connection.context] : [...new Set(options.contexts)];
  const find = nodes === undefined ? await containerFinder(fanout, words, around) : nodeFinder(fanout, nodes, around);
  const findIn = async (context: string | undefined): Promise<readonly ExecTarget[]> => {
    const api = await connect({ ...connection, context }, { env: process.env, log: around.log });
    return find(api, contexts.length > 1);
  };
  const findings = contexts.map((context) => ({ context: context ?? '', targets: findIn(context) }));
  const { targets: all, ...rest } = await combineClusters(findings, needsAll(fanout));
  if (all.length === 0) {
    const what = nodes === undefined ? 'container that runs' : 'node';
    throw new KxError('KX_TARGET_NOT_FOUND', `no ${what} fits the selection`);
  }
  return { ...rest, targets: options.pick === undefined ? all : pickSome(all, options.pick) };
}

/** Whether nothing can begin before all targets are known. */
function needsAll({ dryRun, targets: { pick }, batch, maxFailures }: FanoutExecOptions): boolean {
  const isPart = [batch, maxFailures].some((amount) => amount !== undefined && 'percent' in amount);
  return dryRun || pick !== undefined || isPart;
}

async function containerFinder(
  { targets: options, quiet }: FanoutExecOptions,
  words: readonly string[],
  around: NodeHelperEvents,
): Promise<Finder> {
  const selections = await readSelections(options, words);
  const say = sayOnce(quiet ? () => {} : around.say);
  return async (api, many) => {
    const namespaces = options.namespaces.length === 0 ? [api.namespace] : options.namespaces;
    const list = async (selection: Selection | undefined): Promise<readonly SelectedContainer[]> =>
      selection === undefined ? [] : listContainers(api, { ...selection, namespaces }, { signal: around.signal, say });
    const [named, selected] = await Promise.all([list(selections.named), list(selections.selected)]);
    const live = selected.filter(({ deleting }) => !deleting);
    return targetsOf(api, mergeLists(named, live), many);
  };
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
  return containers.map(({ namespace, pod, uid, container, node, state }) => {
    const context = many ? { context: api.context } : {};
    // The pod was read when it was selected, so that nothing needs to be asked about it again.
    const target = { namespace, pod, uid, container };
    const way: Way = {
      start: ({ log, ...command }) => startCommand({ ...command, transport, target }, { log }),
      close: () => Promise.resolve(),
    };
    const source = { ...context, namespace, pod, container, node };
    return { kind: 'container', source, uid, state, open: () => Promise.resolve(way) };
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
