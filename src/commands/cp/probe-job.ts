import { probeContainer, type Found, type Probe, type RemoteEnd } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { describeTarget, type Target } from '../../lib/target/index.ts';
import type { Job, Place, RemotePlace } from './jobs.ts';
import { endOf, type Session } from './session.ts';

/** What a container has, and what there is at one place in it. */
export interface Probed {
  readonly tools: Probe['tools'];
  /** One for each that a pattern fits; else exactly one. */
  readonly found: readonly Found[];
}

/** Looks at all places of a job that are in containers, by one command in each. Without sh: KX_SHELL_MISSING. */
export async function probeJob(job: Job, session: Session): Promise<(place: RemotePlace) => Probed> {
  const remote = [...job.sources, job.destination].filter(isRemote);
  const probed = new Map<RemotePlace, Probed>();
  for (const places of Object.values(Object.groupBy(remote, ({ target }) => keyOf(target)))) {
    const [first] = places ?? [];
    if (places === undefined || first === undefined) continue;
    const asked = places.map((place) => ({
      path: place.path,
      glob: place !== job.destination && /[*?[]/.test(place.path),
    }));
    const { tools, paths } = await probe(endOf(first.target, session), asked).catch((error: unknown) => {
      throw withWaysOut(error, session.transport.chosen(first.target));
    });
    session.log(`${describeTarget(session.transport.chosen(first.target))} has ${toolsOf(tools)}`);
    for (const [index, place] of places.entries()) probed.set(place, { tools, found: paths[index] ?? [] });
  }
  return (place) => {
    const found = probed.get(place);
    if (found === undefined) throw new KxError('KX_INTERNAL', 'a place that was not looked at');
    return found;
  };
}

/** Nothing is changed by it, so that it can be asked again. */
async function probe(end: RemoteEnd, asked: Parameters<typeof probeContainer>[1]): Promise<Probe> {
  for (;;) {
    try {
      return await probeContainer(end, asked);
    } catch (error) {
      await end.retry.again(error);
    }
  }
}

function isRemote(place: Place): place is RemotePlace {
  return place.side === 'remote';
}

function keyOf({ namespace, pod, container = '' }: Target): string {
  return [namespace, pod, container].join('/');
}

function toolsOf({ tar, ...others }: Probe['tools']): string {
  const names = Object.entries(others).flatMap(([name, has]) => (has ? [name] : []));
  if (tar !== undefined) names.unshift(`tar (${tar})`);
  return names.length === 0 ? 'only sh' : names.join(', ');
}

function withWaysOut(error: unknown, target: Target): unknown {
  if (!(error instanceof KxError) || error.code !== 'KX_SHELL_MISSING') return error;
  const { namespace, pod, container = 'CONTAINER' } = target;
  return new KxError('KX_SHELL_MISSING', `${error.message}: ${describeTarget(target)} cannot take part in a copy`, {
    cause: error,
    hint:
      `ways out: kubectl debug -it ${pod} -n ${namespace} --image=busybox --target=${container} ` +
      '(its /proc/1/root has the files); an image with sh; a volume that another pod mounts too',
  });
}
