import type { Found, Name, ProbePath } from '../../lib/copy/index.ts';
import { addHelperContainer, locatePath, type Helper } from '../../lib/helper-container/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { Transport } from '../../lib/transport/index.ts';

/** A helper container that sees the files of one without a shell. */
export interface StandIn {
  readonly target: Target;
  /** Where a path of the container is for the helper. A pattern may be in its last name. */
  locate(asked: ProbePath): Promise<Name>;
  /** What was found at a located path, under the name that the user gave. */
  nameAsAsked(found: Found, asked: ProbePath): Found;
}

export interface StandInOptions {
  readonly api: ApiClient;
  readonly transport: Transport;
  readonly image: string;
  readonly podTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Finds or adds the helper container of a target, once for each. Rejects as addHelperContainer does. */
export function createStandIns(options: StandInOptions): (target: Target) => Promise<StandIn> {
  const opened = new Map<string, Promise<StandIn>>();
  return (target) => {
    const key = targetKey(target);
    const standIn = opened.get(key) ?? openStandIn(target, options);
    opened.set(key, standIn);
    return standIn;
  };
}

/** The same for the same container. */
export function targetKey({ namespace, pod, container = '' }: Target): string {
  return `${namespace}/${pod}/${container}`;
}

async function openStandIn(target: Target, options: StandInOptions): Promise<StandIn> {
  const { api, transport, image, podTimeoutMs, signal, say } = options;
  const helper = await addHelperContainer(api, target, { image, podTimeoutMs, signal, say });
  return {
    target: helper.target,
    locate: (asked) => locate(transport, helper, asked, signal),
    nameAsAsked: (found, asked) => ({ ...found, path: asAsked(found.path, asked) }),
  };
}

async function locate(transport: Transport, helper: Helper, asked: ProbePath, signal: AbortSignal): Promise<Name> {
  const [directory, last] = split(asked.path);
  const isPattern = asked.glob && isGlob(last);
  const located = await locatePath(transport, helper, isPattern ? directory || '.' : asked.path, signal);
  // What ends in a slash is to be a directory.
  return isPattern ? `${located}/${last}` : last === '' && directory !== '' ? `${located}/` : located;
}

function asAsked(found: Name, { path, glob }: ProbePath): Name {
  const [directory, last] = split(path);
  return glob && isGlob(last) ? directory + split(found)[1] : path;
}

/** The directory, with its slash, and the last name. */
function split(path: Name): readonly [string, string] {
  const slash = path.lastIndexOf('/') + 1;
  return [path.slice(0, slash), path.slice(slash)];
}

/** Whether a shell would expand it. */
export function isGlob(path: Name): boolean {
  return /[*?[\\]/.test(path);
}
