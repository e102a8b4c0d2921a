import { probeContainer, type Found, type Tools } from './stand-in.ts';
import { KxError } from '../../lib/errors/index.ts';
import { describeTarget, type Target } from '../../lib/target/index.ts';
import type { Job, Place, RemotePlace } from './jobs.ts';
import { endOf, type Session } from './session.ts';

/** What a container has, and what there is at one place in it. */
export interface Probed {
  readonly tools: Tools;
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
      glob: place !== job.destination && /[*?[\\]/.test(place.path),
    }));
    const { tools, paths } = await probeContainer(endOf(first.target, session), asked).catch((error: unknown) => {
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

function isRemote(place: Place): place is RemotePlace {
  return place.side === 'remote';
}

function keyOf({ namespace, pod, container = '' }: Target): string {
  return [namespace, pod, container].join('/');
}

function toolsOf(tools: Tools): string {
  const names = Object.entries(tools).flatMap(([name, has]) => (has ? [name] : []));
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
