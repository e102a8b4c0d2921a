import {
  createRetry,
  displayName,
  type Entry,
  type Filter,
  type RemoteEnd,
  type Report,
} from '../../lib/copy/index.ts';
import type { Runs } from '../../lib/state/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { TargetingTransport } from '../../lib/transport/index.ts';
import type { CopyOptions } from './options.ts';
import type { StandIn } from './stand-in.ts';
import type { Spool } from './stdio.ts';
import type { Tally } from './tally.ts';

/** What all jobs of a command share. */
export interface Session {
  readonly options: CopyOptions;
  /** The namespace that need not be said. */
  readonly namespace: string;
  /** The URL of the cluster. */
  readonly server: string;
  /** The runs of `kx cp`. */
  readonly runs: Runs;
  readonly transport: TargetingTransport;
  /** The helper of a container without a shell, the same one for each call. */
  readonly standIn: (target: Target) => Promise<StandIn>;
  readonly filter: Filter;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Counts an entry, and throws where it is too much. */
  readonly count: (entry: Entry) => void;
  /** Writes a line to stderr. */
  readonly say: (line: string) => void;
  /** For `-v`. */
  readonly log: (line: string) => void;
  /** Where stdin is the source. */
  readonly spool: Spool | undefined;
}

/** A container with tries of its own. */
export function endOf(target: Target, { transport, signal, options, say }: Session): RemoteEnd {
  const tries = options.retries === Infinity ? '' : ` of ${options.retries}`;
  const retry = createRetry(options.retries, signal, ({ message }, attempt, pauseMs) => {
    if (!options.quiet) say(`${message}; trying again in ${pauseMs / 1000} s (${attempt}${tries})`);
  });
  return { transport, target, signal, retry };
}

/** Says what happened to a path below `label`. `onFailure` is told of each that was not copied. */
export function reportTo({ say, options }: Session, label: string, onFailure: () => void): Report {
  return ({ level, path, message }) => {
    if (level === 'failure') onFailure();
    else if (options.quiet) return;
    const place = path === '' ? label : `${label}${label.endsWith('/') ? '' : '/'}${displayName(path)}`;
    say(`${level === 'failure' ? 'error' : 'warning'}: ${place}: ${message}`);
  };
}
