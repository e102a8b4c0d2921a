import { probeContainer, type Found, type Name, type Probe, type ProbePath } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { describeTarget, nodeOf, type Target } from '../../lib/target/index.ts';
import type { Job, Place, RemotePlace } from './jobs.ts';
import { endOf, type Session } from './session.ts';
import { isGlob, targetKey } from './stand-in.ts';

/** What stands at a path, and where it is for the container that commands run in. */
export interface FoundAt extends Found {
  readonly at: Name;
}

/** What a container has, and what there is at one place in it. */
export interface Probed {
  /** Where commands run: the container itself, or its helper. */
  readonly target: Target;
  readonly standsIn: boolean;
  readonly tools: Probe['tools'];
  /** One for each that a pattern fits; else exactly one. */
  readonly found: readonly FoundAt[];
}

/** Looks at all places of a job that are in containers, by one command in each; through a helper where there is no sh. */
export async function probeJob(job: Job, session: Session): Promise<(place: RemotePlace) => Probed> {
  const remote = [...job.sources, job.destination].filter(isRemote);
  const probed = new Map<RemotePlace, Probed>();
  for (const places of Object.values(Object.groupBy(remote, ({ target }) => targetKey(target)))) {
    const [first] = places ?? [];
    if (places === undefined || first === undefined) continue;
    const asked = places.map((place) => ({
      path: place.path,
      glob: place !== job.destination && isGlob(place.path),
    }));
    const looked = await look(first.target, asked, session);
    session.log(`${describeTarget(session.transport.chosen(looked.target))} has ${toolsOf(looked.tools)}`);
    for (const [index, place] of places.entries()) probed.set(place, { ...looked, found: looked.paths[index] ?? [] });
  }
  return (place) => {
    const found = probed.get(place);
    if (found === undefined) throw new KxError('KX_INTERNAL', 'a place that was not looked at');
    return found;
  };
}

type Looked = Omit<Probed, 'found'> & { readonly paths: readonly (readonly FoundAt[])[] };

async function look(target: Target, asked: readonly ProbePath[], session: Session): Promise<Looked> {
  try {
    const { tools, paths } = await probeContainer(endOf(target, session), asked);
    return {
      target,
      standsIn: false,
      tools,
      paths: paths.map((found) => found.map((each) => ({ ...each, at: each.path }))),
    };
  } catch (error) {
    if (!(error instanceof KxError) || error.code !== 'KX_SHELL_MISSING') throw error;
    if (nodeOf(target) !== undefined) throw nothingLent(target, error);
    return lookThroughHelper(target, asked, session);
  }
}

/** What a host lacks is taken from the image of the helper, where that can lend it. */
function nothingLent(target: Target, cause: KxError): KxError {
  return new KxError('KX_SHELL_MISSING', `${describeTarget(target)} has no sh`, {
    cause,
    hint: 'name an image of the helper pod whose sh needs no libraries by --image: busybox:stable-musl lends what a host lacks',
  });
}

async function lookThroughHelper(target: Target, asked: readonly ProbePath[], session: Session): Promise<Looked> {
  const standIn = await session.standIn(session.transport.chosen(target));
  const located = await Promise.all(asked.map(async (each) => ({ ...each, path: await standIn.locate(each) })));
  const { tools, paths } = await probeContainer(endOf(standIn.target, session), located);
  const named = asked.map((each, index) =>
    (paths[index] ?? []).map((found) => ({ ...standIn.nameAsAsked(found, each), at: found.path })),
  );
  return { target: standIn.target, standsIn: true, tools, paths: named };
}

function isRemote(place: Place): place is RemotePlace {
  return place.side === 'remote';
}

function toolsOf({ tar, ...others }: Probe['tools']): string {
  const names = Object.entries(others).flatMap(([name, has]) => (has ? [name] : []));
  if (tar !== undefined) names.unshift(`tar (${tar})`);
  return names.length === 0 ? 'only sh' : names.join(', ');
}
