import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { entryFor, findNode, type NodePlace, type PrivilegedAccess } from '../../lib/privileged/index.ts';
import { nodeOf } from '../../lib/target/index.ts';
import type { TargetingTransport } from '../../lib/transport/index.ts';
import { nodeHelpers, type NodeHelperEvents, type NodeHelperOptions } from '../privileged-exec/node-helpers.ts';

/** The host of a node, and what commands are started with there. */
interface Opened {
  readonly place: NodePlace;
  readonly access: PrivilegedAccess;
}

/** Commands also on the hosts of nodes. Whatever happened, it is closed. */
export interface NodeTransport {
  readonly transport: TargetingTransport;
  /** Removes the helper pods. Never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Runs what is for the host of a node (`nodeTarget`) by a helper pod on it, opened when the first command comes and used by all; everything
 * else as `pods` does. A helper that has ended, as it does a minute after the connection was lost, is opened anew.
 */
export function alsoToNodes(
  pods: TargetingTransport,
  api: ApiClient,
  options: NodeHelperOptions,
  events: NodeHelperEvents,
): NodeTransport {
  const openNode = nodeHelpers(api, options);
  const opened = new Map<string, Promise<Opened>>();
  const open = async (node: string): Promise<Opened> => {
    const place = await findNode(api, node, events.signal);
    return { place, access: await openNode(place, events) };
  };
  const openOnce = (node: string): Promise<Opened> => {
    const helper = opened.get(node) ?? open(node);
    opened.set(node, helper);
    // What failed once may be tried again.
    helper.catch(() => opened.delete(node));
    return helper;
  };
  const transport: TargetingTransport = {
    ...pods,
    async exec(target, request, signal = events.signal) {
      const node = nodeOf(target);
      if (node === undefined) return pods.exec(target, request, signal);
      const { command, stdin, tty, halfClose } = request;
      const entry = { ...entryFor(false), lend: true };
      const helper = openOnce(node);
      const { place, access } = await helper;
      try {
        return await access.exec(place, { command, stdin, tty, halfClose, entry, bare: true }, signal);
      } catch (error) {
        if (!isGone(error)) throw error;
        if (opened.get(node) === helper) opened.delete(node);
        throw new KxError('KX_CONNECTION_LOST', `the helper pod on node ${node} has ended`, { cause: error });
      }
    },
  };
  return {
    transport,
    close: async () => {
      const helpers = await Promise.allSettled([...opened.values()]);
      await Promise.all(helpers.flatMap((each) => (each.status === 'fulfilled' ? [each.value.access.close()] : [])));
    },
  };
}

/** Whether there is no helper pod any more, or none that runs. */
function isGone(error: unknown): boolean {
  return error instanceof KxError && error.ran === 'no' && goneCodes.includes(error.code);
}

const goneCodes: readonly string[] = ['KX_TARGET_NOT_FOUND', 'KX_TARGET_NOT_RUNNING'];
