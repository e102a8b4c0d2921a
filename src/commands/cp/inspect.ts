import {
  displayName,
  endsAsDirectory,
  type DestinationFact,
  type Found,
  type Name,
  type Probe,
  type SourceFact,
} from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { nodeOf, type Target } from '../../lib/target/index.ts';
import type { Job, Place, RemotePlace } from './jobs.ts';
import { inspectLocalDestination, inspectLocalSource } from './local-facts.ts';
import { probeJob, type Probed } from './probe-job.ts';
import type { Session } from './session.ts';

/** A source that is there. */
export type Source = {
  readonly fact: SourceFact;
  /** As messages name it. */
  readonly label: string;
  /** Of one file, where it is known. */
  readonly size?: number | undefined;
} & (
  | { readonly side: 'local'; readonly path: string }
  | { readonly side: 'stdio' }
  | {
      readonly side: 'remote';
      readonly target: Target;
      readonly at: Name;
      readonly tools: Probe['tools'];
      readonly kind: 'file' | 'directory' | 'other';
      readonly symlink: boolean;
    }
);

/** A destination, and what is there. */
export type Destination = {
  readonly fact: DestinationFact;
  /** A name at the destination, as messages have it. */
  readonly label: (name: Name) => string;
} & (
  | { readonly side: 'local' | 'stdio' }
  | {
      readonly side: 'remote';
      readonly target: Target;
      readonly tools: Probe['tools'];
      /** A name at the destination as it is for the container that was asked for, also where another stands in. */
      readonly shown: (name: Name) => Name;
    }
);

export interface Ends {
  /** At least one. */
  readonly sources: readonly Source[];
  readonly destination: Destination;
}

/**
 * Looks at both ends of a job, by one command in each container. Patterns become what they fit. A source that is not there
 * is KX_COPY_SOURCE, a destination without a directory above it KX_COPY_DESTINATION.
 */
export async function inspectJob(job: Job, session: Session): Promise<Ends> {
  // What is missing here is said before anybody is asked there.
  const own = job.sources.map((place) => (place.side === 'remote' ? undefined : ownSource(place, session)));
  const probed = await probeJob(job, session);
  const sources = job.sources.flatMap((place, index) =>
    place.side === 'remote' ? remoteSources(place, probed(place), session) : (own[index] ?? []),
  );
  const destination = destinationOf(job.destination, probed, session);
  refuseStreams(sources, destination);
  return { sources, destination };
}

function ownSource(place: Exclude<Place, RemotePlace>, { spool }: Session): Source {
  if (place.side === 'stdio') {
    const size = spool === undefined ? {} : { size: spool.size };
    return { side: 'stdio', fact: { path: '-', kind: 'file' }, label: 'stdin', ...size };
  }
  const found = inspectLocalSource(place.path);
  return { side: 'local', path: place.path, label: displayName(found.fact.path), ...found };
}

function remoteSources(place: RemotePlace, { target, found, tools }: Probed, session: Session): readonly Source[] {
  if (found.length === 0) throw missing(labelIn(place.target, place.path, session), 'absent');
  return found.map(({ path, at, kind, symlink, size }) => {
    const label = labelIn(place.target, path, session);
    if (kind === 'absent' || kind === 'dangling' || kind === 'not-a-directory') throw missing(label, kind);
    const isDirectory = kind === 'directory';
    if (!isDirectory && endsAsDirectory({ path })) throw missing(label, 'not-a-directory');
    const fact: SourceFact = { path, kind: isDirectory ? 'directory' : 'file' };
    return { side: 'remote', target, at, tools, kind, symlink, fact, label, size };
  });
}

function missing(label: string, kind: 'absent' | 'dangling' | 'not-a-directory'): KxError {
  const words = {
    absent: ': no such file or directory',
    dangling: ' is a symlink to nothing',
    'not-a-directory': ' is not a directory',
  };
  return new KxError('KX_COPY_SOURCE', `${label}${words[kind]}`);
}

function destinationOf(place: Place, probed: (place: RemotePlace) => Probed, session: Session): Destination {
  if (place.side === 'stdio') return { side: 'stdio', fact: { path: '-', kind: 'file' }, label: () => 'stdout' };
  if (place.side === 'local') {
    const fact = inspectLocalDestination(place.path);
    // The directory of a pod need not be there, and is one.
    return { side: 'local', fact: place.into ? { ...fact, kind: 'directory' } : fact, label: displayName };
  }
  const { target, tools, found, standsIn } = probed(place);
  const [there] = found;
  const { at: path = place.path } = there ?? {};
  const [inHelper, asAsked] = [path, place.path].map((each) => each.replace(/\/+$/, ''));
  const shown = (name: Name): Name => `${asAsked}${name.slice(inHelper?.length)}` || '/';
  const label = (name: Name): string => labelIn(place.target, shown(name), session);
  if (there?.kind === 'absent' && !there.parentExists) throw noParent(place, standsIn, session);
  const kind = kindOf(there);
  return { side: 'remote', target, tools, fact: { path, kind, shown }, shown, label };
}

/** Whatever is no directory is written over. */
function kindOf(found: Found | undefined): DestinationFact['kind'] {
  if (found === undefined || found.kind === 'absent') return 'absent';
  return found.kind === 'directory' ? 'directory' : 'file';
}

function noParent({ path, target }: RemotePlace, standsIn: boolean, session: Session): KxError {
  const node = nodeOf(target);
  const parent = path.replace(/\/+$/, '').replace(/\/*[^/]*$/, '');
  const container = target.container === undefined ? '' : ` -c ${target.container}`;
  return new KxError('KX_COPY_DESTINATION', `there is no directory ${labelIn(target, parent, session)}`, {
    // Where there is no shell, there is no mkdir.
    hint: standsIn
      ? undefined
      : node !== undefined
        ? `kubectl kx privileged-exec node/${node} -- mkdir -p ${displayName(parent)}`
        : `kubectl kx exec ${target.pod} -n ${target.namespace}${container} -- mkdir -p ${displayName(parent)}`,
  });
}

/** stdout takes one file, and stdin has no name that could be put into a directory. */
function refuseStreams(sources: readonly Source[], { side, fact, label }: Destination): void {
  const [source] = sources;
  if (side === 'stdio') {
    if (sources.length > 1)
      throw new KxError('KX_USAGE', `only one file can be copied to stdout, not ${sources.length}`);
    if (source?.fact.kind === 'directory') {
      throw new KxError('KX_COPY_SOURCE', `${source.label} is a directory: only a file can be copied to stdout`, {
        hint: 'kubectl kx exec POD -- tar c DIRECTORY writes a tree to stdout',
      });
    }
  }
  if (source?.side === 'stdio' && (fact.kind === 'directory' || endsAsDirectory(fact))) {
    throw new KxError('KX_COPY_DESTINATION', `${label(fact.path)} is a directory, and stdin has no name`, {
      hint: 'name the file in it',
    });
  }
}

/** A path in a container as a user would type it. */
function labelIn({ namespace, pod }: Target, path: Name, session: Session): string {
  return `${namespace === session.namespace ? '' : `${namespace}/`}${pod}:${displayName(path)}`;
}
