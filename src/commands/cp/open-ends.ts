import {
  readLocalTree,
  readRemoteTree,
  writeLocalTree,
  writeRemoteTree,
  type Compression,
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
    compression: chooseCompression(options, source.tools),
    log: session.log,
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
      compression: chooseCompression(session.options, to.tools),
      log: session.log,
    });
  }
  const destination = Buffer.from(options.destination, 'latin1');
  return writeLocalTree({ ...options, destination, sameOwner, limits: {} });
}

function chooseCompression({ compress }: CopyOptions, tools: Probe['tools']): Compression | undefined {
  if (compress === 'none') return undefined;
  if (compress !== 'auto') {
    if (tools[compress]) return { tool: compress, always: true };
    throw new KxError('KX_USAGE', `there is no ${compress} in the container`, { hint: 'leave --compress away' });
  }
  const tool = (['zstd', 'gzip'] as const).find((each) => tools[each]);
  return tool && { tool, always: false };
}
