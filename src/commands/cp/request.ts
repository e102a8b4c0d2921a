import { parseSpec, type Spec, type SpecRules } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { formatReference } from '../../lib/target/index.ts';
import type { CopyOptions } from './options.ts';

/** What is to be copied where, before any cluster was asked. */
export interface CopyRequest {
  readonly sources: readonly Spec[];
  readonly destination: Spec;
  /** The side that stands for every pod, or node, of a selection. */
  readonly every?: 'sources' | 'destination';
}

type Selecting = Pick<CopyOptions, 'specs' | 'selector' | 'allPods' | 'nodes'>;

/** Reads sources and destination. Throws KX_USAGE for what cannot be copied, in kubectl's words where it has some. */
export function readRequest(options: Selecting): CopyRequest {
  if (options.specs.length < 2) {
    throw usage('source and destination are required', 'kubectl kx cp SRC... DEST');
  }
  const rules: SpecRules = {
    windows: process.platform === 'win32',
    selector: (options.nodes ?? options.selector) !== undefined,
  };
  const specs = options.specs.map((text) => parseSpec(text, rules));
  const [sources, destination] = [specs.slice(0, -1), specs.at(-1)];
  if (destination === undefined) throw usage('source and destination are required');
  if (!specs.some(({ side }) => side === 'remote')) {
    throw usage(
      'one of src or dest must be a remote file specification',
      'a path in a container is POD:PATH or TYPE/NAME:PATH; cp(1) copies on this machine',
    );
  }
  refuseStreams(sources, destination);
  const every = sideOfEvery(sources, destination, options);
  return every === undefined ? { sources, destination } : { sources, destination, every };
}

function refuseStreams(sources: readonly Spec[], destination: Spec): void {
  const streams = sources.filter(({ side }) => side === 'stdio').length;
  if (streams > 0 && sources.length > 1) throw usage('- (stdin) must be the only source');
  if (destination.side === 'stdio' && sources.length > 1) throw usage('only one file can be copied to stdout');
}

function sideOfEvery(
  sources: readonly Spec[],
  destination: Spec,
  { selector: pods, allPods, nodes }: Selecting,
): CopyRequest['every'] {
  const selector = nodes ?? pods;
  const what = nodes === undefined ? 'pods' : 'nodes';
  if (selector === undefined && !allPods) return undefined;
  const [up, down] = [standsForMany(destination, selector), sources.some((spec) => standsForMany(spec, selector))];
  if (!up && !down) {
    throw selector === undefined
      ? usage('--all-pods needs a TYPE/NAME:PATH, whose pods it means', 'one pod needs no --all-pods')
      : nodes === undefined
        ? usage(
            '-l needs a source or destination :PATH in the pods it selects',
            `kubectl kx cp FILE :PATH -l ${selector}`,
          )
        : usage('nodes need a source or destination :PATH on them', 'kubectl kx cp FILE :PATH --all-nodes');
  }
  if (up && down)
    throw usage(`a copy from many ${what} to many ${what} has no meaning`, 'name one of them on one side');
  if (up) return 'destination';
  if (destination.side !== 'local') throw usage(`what comes from many ${what} goes into a local directory`);
  const owners = new Set(sources.map(ownerOf));
  if (owners.size > 1) throw usage('all sources must be in the same pods', 'copy from each of them in turn');
  return 'sources';
}

function standsForMany(spec: Spec, selector: string | undefined): boolean {
  if (spec.side !== 'remote') return false;
  if (spec.node !== undefined) return false;
  return selector === undefined ? spec.reference?.kind !== 'pod' : spec.reference === undefined;
}

function ownerOf(spec: Spec): string {
  if (spec.side !== 'remote') return '';
  return `${spec.namespace ?? ''}:${spec.reference === undefined ? '' : formatReference(spec.reference)}`;
}

function usage(message: string, hint?: string): KxError {
  return new KxError('KX_USAGE', message, { hint });
}
