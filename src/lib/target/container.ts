import type { V1Container } from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { getObject, hasStatus } from './missing.ts';
import type { Pod } from './pod-order.ts';
import { completedError } from './pod-state.ts';
import type { Target } from './target.ts';

/** The annotation that names the container of a pod that kubectl takes. */
export const defaultContainer = 'kubectl.kubernetes.io/default-container';

const choices = /a container name must be specified for pod .*?(?:choose one of: \[([^\]]*)\]|$)/;

/** How to choose a container: the one that was named, or kubectl's default and a line about it. */
export interface ContainerChoice {
  readonly container?: string | undefined;
  readonly quiet: boolean;
}

/**
 * The container of a pod as kubectl takes it (pkg/cmd/util/podcmd): the named one, else the one of the annotation
 * `kubectl.kubernetes.io/default-container`, else the first, which is said unless `quiet`. A name that the pod does not
 * have is KX_TARGET_NOT_FOUND, from the annotation too.
 */
function pickContainer(pod: Pod, choice: ContainerChoice, say: (line: string) => void): string {
  const named = choice.container ?? pod.metadata?.annotations?.[defaultContainer];
  const podName = pod.metadata?.name ?? '';
  if (named !== undefined && named !== '') {
    const wrong = wrongContainerError(pod, named);
    if (wrong !== undefined) throw wrong;
    return named;
  }
  const [first] = pod.spec?.containers ?? [];
  if (first === undefined) throw new KxError('KX_TARGET_NOT_FOUND', `pod ${podName} does not have any containers`);
  const note = choice.quiet ? undefined : defaultedNote(pod, first.name);
  if (note !== undefined) say(note);
  return first.name;
}

/** kubectl's line about a container that was taken by default; undefined where there is no choice. */
export function defaultedNote(pod: Pod, name: string): string | undefined {
  return containersOf(pod).length > 1 ? `Defaulted container "${name}" out of: ${listNames(pod)}` : undefined;
}

/** kubectl's words for a container that the pod does not have; undefined for one that it has. */
export function wrongContainerError(pod: Pod, name: string): KxError | undefined {
  if (containersOf(pod).some((container) => container.name === name)) return undefined;
  const message = `container ${name} is not valid for pod ${pod.metadata?.name ?? ''} out of: ${listNames(pod)}`;
  return new KxError('KX_TARGET_NOT_FOUND', message);
}

/** True for the server's refusal to choose among the containers of a pod (400): the case of `chooseContainer`. */
export function needsContainerChoice(error: unknown): error is KxError {
  return hasStatus(error, 400) && choices.test(error.message);
}

/**
 * The target with the container that kubectl would take, after the server refused to choose (`needsContainerChoice`).
 * Reads the pod once. Where that is forbidden: KX_TARGET_AMBIGUOUS with the choices that the refusal names.
 */
export async function chooseContainer(
  api: ApiClient,
  target: Target,
  options: { readonly refusal: KxError; readonly quiet: boolean; readonly signal?: AbortSignal | undefined },
  say: (line: string) => void,
): Promise<Target> {
  const reference = { kind: 'pod', name: target.pod } as const;
  let pod: Pod;
  try {
    pod = await getObject<Pod>(api, reference, target.namespace, options.signal);
  } catch (error) {
    if (hasStatus(error, 403)) throw nameOne(options.refusal, error);
    throw error;
  }
  return targetIn(pod, { quiet: options.quiet }, say);
}

/** A pod that was read as a target. A completed pod is KX_TARGET_NOT_RUNNING. */
export function targetIn(pod: Pod, choice: ContainerChoice, say: (line: string) => void): Target {
  const completed = completedError(pod);
  if (completed !== undefined) throw completed;
  const { name = '', namespace = '', uid } = pod.metadata ?? {};
  const container = pickContainer(pod, choice, say);
  return { namespace, pod: name, container, ...(uid === undefined ? {} : { uid }) };
}

function nameOne(refusal: KxError, forbidden: KxError): KxError {
  const names = choices.exec(refusal.message)?.[1]?.split(' ').join(', ');
  return new KxError('KX_TARGET_AMBIGUOUS', refusal.message, {
    ran: refusal.ran,
    details: refusal.details,
    cause: forbidden,
    hint: `name one with -c${names === undefined ? '' : `: ${names}`} (without "get pods" kx cannot read which is the default)`,
  });
}

function containersOf(pod: Pod): readonly Pick<V1Container, 'name'>[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...containers, ...ephemeralContainers, ...initContainers];
}

/** In kubectl's order and marks (podcmd.AllContainerNames). */
function listNames(pod: Pod): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [
    ...containers.map(({ name }) => name),
    ...ephemeralContainers.map(({ name }) => `${name} (ephem)`),
    ...initContainers.map(({ name }) => `${name} (init)`),
  ].join(', ');
}
