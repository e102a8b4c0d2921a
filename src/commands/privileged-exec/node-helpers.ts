import type { ApiClient } from '../../lib/kube/index.ts';
import { sweepFinished } from '../../lib/node-pod/index.ts';
import { openHelperAccess, type NodePlace, type PrivilegedAccess } from '../../lib/privileged/index.ts';
import { askWhoIAm, helperNamespace, helperOptions } from './helper.ts';
import type { HelperChoice } from './helper-flags.ts';

/** What all helper pods of a command share. Times are milliseconds. */
export interface NodeHelperOptions {
  readonly helper: HelperChoice;
  /** The image of `--tools`. */
  readonly tools?: string | undefined;
  readonly podRunningTimeout: number;
}

/** Who hears of one helper pod, and what ends the wait for it. */
export interface NodeHelperEvents {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  readonly log: (level: number, line: string) => void;
}

/** Opens a helper pod on a node. Rejects as `openHelperAccess` does. */
export type OpenNode = (place: NodePlace, events: NodeHelperEvents) => Promise<PrivilegedAccess>;

/** Helper pods on the nodes of one cluster. Who the user is, and what killed ones have left, is looked at once. */
export function nodeHelpers(api: ApiClient, options: NodeHelperOptions): OpenNode {
  let once: { readonly user: Promise<string>; readonly swept: Promise<void> } | undefined;
  return async (place, events) => {
    const namespace = helperNamespace(api, place, options.helper);
    const { signal } = events;
    once ??= { user: askWhoIAm(api, signal), swept: sweepFinished(api, namespace, signal) };
    const { user, swept } = once;
    const request = { ...options, tools: options.tools, place, pod: undefined, keep: false, reuse: undefined };
    const access = await openHelperAccess(api, helperOptions(request, { ...events, namespace, user: await user }));
    return {
      ...access,
      close: async () => {
        await Promise.all([access.close(), swept]);
      },
    };
  };
}
