import type { Found, Name } from '../../lib/copy/index.ts';
import { addHelperContainer, locatePath, type Helper } from '../../lib/helper-container/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { Transport } from '../../lib/transport/index.ts';

/** A helper container that sees the files of one without a shell. */
export interface StandIn {
  readonly target: Target;
  /** Where a path of the container is for the helper. A pattern may be in its last name. */
  locate(path: Name): Promise<Name>;
  /** What was found at a located path, under the name that the user gave. */
  nameAsAsked(found: Found, asked: Name): Found;
}

export interface StandInOptions {
  readonly api: ApiClient;
  readonly transport: Transport;
  readonly image: string;
  readonly podTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Finds or adds the helper container of a target. Rejects as addHelperContainer does. */
export async function openStandIn(target: Target, options: StandInOptions): Promise<StandIn> {
  const { api, transport, image, podTimeoutMs, signal, say } = options;
  const helper = await addHelperContainer(api, target, { image, podTimeoutMs, signal, say });
  return {
    target: helper.target,
    locate: (path) => locate(transport, helper, path, signal),
    nameAsAsked: (found, asked) => ({ ...found, path: asAsked(found.path, asked) }),
  };
}

async function locate(transport: Transport, helper: Helper, path: Name, signal: AbortSignal): Promise<Name> {
  const [, directory = '', last = ''] = /^(.*\/)?([^/]*)$/s.exec(path) ?? [];
  const located = await locatePath(transport, helper, isPattern(last) ? directory || '.' : path, signal);
  // What ends in a slash is to be a directory.
  return isPattern(last) ? `${located}/${last}` : last === '' && path !== '' ? `${located}/` : located;
}

function asAsked(found: Name, asked: Name): Name {
  const slash = asked.lastIndexOf('/') + 1;
  return isPattern(asked.slice(slash)) ? asked.slice(0, slash) + found.slice(found.lastIndexOf('/') + 1) : asked;
}

/** Whether a shell would expand it. */
export function isPattern(path: Name): boolean {
  return /[*?[\\]/.test(path);
}
