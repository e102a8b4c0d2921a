import { KxError } from '../../../lib/errors/index.ts';
import { parseReference, pathOf, type Json, type Pod, type Reference } from '../../../lib/target/index.ts';
import type { Candidate } from '../completions.ts';
import type { Line } from '../read-line.ts';
import type { World } from '../world.ts';

type PodSpec = NonNullable<Pod['spec']>;

/** What may have containers: a pod, something with a template of pods, or a service, which selects them. */
interface Owner {
  readonly spec?: Pod['spec'] & {
    readonly template?: { readonly spec?: PodSpec };
    readonly jobTemplate?: { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } };
    readonly selector?: Readonly<Record<string, string>>;
  };
}

/** The containers of the first object that the line names, or of a pod that its selector selects. */
export async function containerNames(line: Line, world: World): Promise<readonly Candidate[]> {
  const api = await world.api();
  const places = await Promise.all(line.args.map(placeOf));
  const named = places.find((place) => place !== undefined);
  const namespace = named?.namespace ?? (await world.namespace());
  const selector = line.values.get('selector')?.at(-1);
  if (named === undefined) return selector === undefined ? [] : containersOf(await firstPod(selector));
  const { kind, name } = named.reference;
  const owner = await api.get<Owner>(pathOf(kind, namespace, name), { signal: world.signal });
  if (kind !== 'service')
    return containersOf(owner.spec?.jobTemplate?.spec?.template?.spec ?? owner.spec?.template?.spec ?? owner.spec);
  const labels = Object.entries(owner.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return labels.length === 0 ? [] : containersOf(await firstPod(labels.join(',')));

  async function firstPod(labelSelector: string): Promise<PodSpec | undefined> {
    const query = new URLSearchParams({ labelSelector, limit: '1' });
    const { items } = await api.get<{ items: readonly Json<Pod>[] }>(pathOf('pod', namespace), {
      query,
      signal: world.signal,
    });
    return items[0]?.spec;
  }
}

/** What a word names: POD, TYPE/NAME, or one of them in front of the colon of a copy. */
async function placeOf(
  word: string,
): Promise<{ readonly namespace?: string | undefined; readonly reference: Reference } | undefined> {
  try {
    if (word.includes(':')) return (await import('./copy-end.ts')).endOfWord(word);
    return { reference: parseReference(word) };
  } catch (error) {
    if (error instanceof KxError) return undefined;
    throw error;
  }
}

function containersOf(spec: PodSpec | undefined): readonly Candidate[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  return [
    ...containers.map(({ name, image = '' }) => ({ text: name, note: image })),
    ...ephemeralContainers.map(({ name }) => ({ text: name, note: 'ephemeral' })),
    ...initContainers.map(({ name }) => ({ text: name, note: 'init' })),
  ];
}
