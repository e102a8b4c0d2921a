import {
  readLocalTree,
  readRemoteTree,
  writeLocalTree,
  writeRemoteTree,
  type LocalResume,
  type Name,
  type Probe,
  type Report,
  type TreeReader,
  type TreeWriter,
} from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { Destination, Source } from './inspect.ts';
import type { CopyOptions } from './options.ts';
import { endOf, type Session } from './session.ts';
import { writeStdout } from './stdio.ts';

/** The reader of a source; `only` is what of it is to be read, where it is in a container. */
export function openReader(source: Source, session: Session, report: Report, only?: readonly Name[]): TreeReader {
  const { filter, options, spool } = session;
  if (source.side === 'local') {
    return readLocalTree({ path: source.path, filter, report, followRoot: true });
  }
  if (source.side === 'stdio') {
    if (spool === undefined) throw new KxError('KX_INTERNAL', 'stdin was not kept');
    return spool;
  }
  return readRemoteTree(endOf(source.target, session), {
    path: source.at,
    shown: source.fact.path,
    only,
    filter,
    report,
    compress: chooseCompression(options, source.tools),
    tar: source.tools.tar !== undefined,
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
}

export interface WriterOptions {
  readonly destination: Name;
  readonly preserve: boolean;
  readonly report: Report;
  /** Marks the staged files of this run. */
  readonly mark?: string;
  /** Go on with what the runs of these marks left, and others of which it can be told that they are over. */
  readonly resume?: LocalResume;
}

/** A writer to a name at the destination of a job. Limits are those of the session, over all writers. */
export function openWriter(to: Destination, options: WriterOptions, session: Session): TreeWriter {
  const { sameOwner } = session.options;
  if (to.side === 'stdio') return writeStdout();
  if (to.side === 'remote') {
    const shown = to.shown(options.destination);
    return writeRemoteTree(endOf(to.target, session), {
      ...options,
      shown,
      sameOwner,
      tar: to.tools.tar !== undefined,
    });
  }
  const destination = Buffer.from(options.destination, 'latin1');
  return writeLocalTree({ ...options, destination, sameOwner, limits: {} });
}

/** What `auto` means is decided here: on no way that was measured did it pay to compress. */
function chooseCompression({ compress }: CopyOptions, tools: Probe['tools']): 'none' | 'gzip' | 'zstd' {
  if (compress === 'auto' || compress === 'none') return 'none';
  if (tools[compress]) return compress;
  throw new KxError('KX_USAGE', `there is no ${compress} in the container`, { hint: 'leave --compress away' });
}
