import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { pathOf, type Pod } from '../../lib/target/index.ts';
import { failed, limited, type Check } from './check.ts';

/** Something that kx has put into the cluster. */
interface Leftover {
  readonly kind: 'pod' | 'ephemeral container';
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | null;
  readonly running: boolean;
}

interface Page {
  readonly items: readonly Pod[];
  readonly metadata?: { readonly continue?: string };
}

/** So many pods are looked at, and said where there are more. */
const mostPages = 10;
const pageSize = 500;

/** The helper containers and helper pods of kx: in all namespaces where that may be seen, else in this one. */
export async function checkLeftovers(api: ApiClient, namespace: string, signal: AbortSignal): Promise<Check> {
  const id = 'leftovers';
  const ends = limited(signal, 30_000);
  try {
    const everywhere = await listPods(api, undefined, ends).catch((error: unknown) => {
      if (error instanceof KxError && error.code === 'KX_FORBIDDEN') return undefined;
      throw error;
    });
    const { pods, more } = everywhere ?? (await listPods(api, namespace, ends));
    const found = pods.flatMap(leftoversOf);
    const where = `${everywhere === undefined ? `namespace ${namespace}` : 'all namespaces'}${more ? `, of which the first ${pods.length} pods were looked at` : ''}`;
    const running = found.filter((each) => each.running);
    const details = { namespaces: everywhere === undefined ? [namespace] : 'all', found };
    if (found.length === 0) return { id, status: 'ok', message: `nothing of kx in ${where}`, details };
    const listed = found
      .slice(0, 5)
      .map(
        ({ pod, container, ...each }) =>
          `${each.namespace}/${pod}${container === null ? '' : ` ${container}`}${each.running ? ' (running)' : ''}`,
      );
    return {
      id,
      status: running.some(({ kind }) => kind === 'pod') ? 'warning' : 'ok',
      message: `${found.length} of kx in ${where}: ${listed.join(', ')}${found.length > listed.length ? ', …' : ''}`,
      ...(found.some(({ kind }) => kind === 'pod') && {
        hint: 'kubectl kx privileged-exec --gc removes helper pods that nobody uses',
      }),
      details,
    };
  } catch (error) {
    if (error instanceof KxError && error.code === 'KX_FORBIDDEN') {
      return { id, status: 'skipped', message: 'you may not list pods' };
    }
    return failed(id, error);
  }
}

async function listPods(
  api: ApiClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<{ pods: readonly Pod[]; more: boolean }> {
  const pods: Pod[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page++) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(next !== '' && { continue: next }) });
    const answer = await api.get<Page>(pathOf('pod', namespace), { query, signal });
    pods.push(...answer.items);
    next = answer.metadata?.continue ?? '';
    if (next === '') return { pods, more: false };
  }
  return { pods, more: true };
}

function leftoversOf({ metadata, spec, status }: Pod): Leftover[] {
  const { name: pod = '', namespace = '', labels = {} } = metadata ?? {};
  const helpers = (spec?.ephemeralContainers ?? []).filter(({ name }) => name.startsWith('kx-cp-'));
  const found: Leftover[] = helpers.map(({ name: container }) => {
    const state = status?.ephemeralContainerStatuses?.find((each) => each.name === container)?.state;
    return { kind: 'ephemeral container', namespace, pod, container, running: state?.running !== undefined };
  });
  if (!Object.keys(labels).some((key) => key.startsWith('kx.dev/'))) return found;
  const running = status?.phase === 'Running' || status?.phase === 'Pending';
  return [...found, { kind: 'pod', namespace, pod, container: null, running }];
}
