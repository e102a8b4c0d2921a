import { KxError } from '../../lib/errors/index.ts';
import { entryFor, listNodes, readNode, type Entry, type SelectedNode } from '../../lib/privileged/index.ts';
import { nodeHelpers, type NodeHelperEvents, type OpenNode } from '../privileged-exec/node-helpers.ts';
import type { NodeSelection } from './node-selection.ts';
import type { FanoutExecOptions } from './options.ts';
import type { ExecTarget, Finder, Way } from './exec-target.ts';

/**
 * Finds nodes. One that nothing can be started on is a target, too, whose `open` rejects: what was meant and is not reached
 * is never just absent.
 */
export function nodeFinder(
  options: FanoutExecOptions,
  { names, labelSelector, exclude }: NodeSelection,
  { signal }: Pick<NodeHelperEvents, 'signal'>,
): Finder {
  const namespace = options.targets.namespaces[0];
  return async (api, many) => {
    const found =
      names.length === 0
        ? await listNodes(api, labelSelector, signal).catch(explain)
        : await Promise.all(names.map((name) => readNode(api, name, signal)));
    const helper = { ...options.helper, namespace: options.helper.namespace ?? namespace };
    const open = nodeHelpers(api, { ...options, helper });
    const meant = found.filter(({ name }) => !exclude.some((pattern) => pattern.test(name)));
    return meant.map((node) => targetOf(node, options, open, many ? { context: api.context } : {}));
  };
}

function targetOf(
  { name, uid, state, place }: SelectedNode,
  options: FanoutExecOptions,
  openNode: OpenNode,
  context: { readonly context?: string | undefined },
): ExecTarget {
  return {
    kind: 'node',
    source: { ...context, namespace: '', pod: name, container: '', node: name },
    uid,
    state,
    open: async (events): Promise<Way> => {
      if (place instanceof KxError) throw place;
      const access = await openNode(place, events);
      return {
        start: async ({ request: { command, stdin, cwd, env }, signal }) => {
          const entry: Entry = { ...entryFor(options.tools !== undefined), cwd, env: env ?? {} };
          const remote = await access.exec(place, { command, stdin, tty: null, entry }, signal);
          return { remote, target: access.target, wrapped: true };
        },
        close: () => access.close(),
      };
    },
  };
}

function explain(error: unknown): never {
  if (!(error instanceof KxError) || error.code !== 'KX_FORBIDDEN') throw error;
  const { message, details, cause } = error;
  throw new KxError('KX_FORBIDDEN', message, { details, cause, hint: 'name them: node/NAME needs no right on nodes' });
}
