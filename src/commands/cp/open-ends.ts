import {
  placeInto,
  readForest,
  readLocalTree,
  readRemoteForest,
  readRemoteTree,
  writeLocalTree,
  writeRemoteTree,
  type Compression,
  type ForestPart,
  type LocalResume,
  type Name,
  type Probe,
  type Report,
  type SendingOptions,
  type TreeReader,
  type TreeWriter,
} from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { Destination, Source } from './inspect.ts';
import type { CopyOptions } from './options.ts';
import { endOf, type Session } from './session.ts';
import type { Item, Shipment } from './shipments.ts';
import { targetKey } from './stand-in.ts';
import { writeStdout } from './stdio.ts';

type RemoteSource = Extract<Source, { side: 'remote' }>;

/**
 * The reader of a shipment. `only` is what of a source is to be read, where it is in a container. Of several in one container
 * all are read by one connection, where that can be.
 */
export function openReader(
  { items, isForest }: Shipment,
  session: Session,
  report: Report,
  only: (item: Item) => readonly Name[] | undefined,
): TreeReader {
  const [first] = items;
  if (!isForest && first?.source.side === 'remote') {
    const { source } = first;
    const end = endOf(source.target, session);
    const more = { path: source.at, shown: source.fact.path, only: only(first) };
    return readRemoteTree(end, { ...sendingOf(source, session, report), ...more });
  }
  const parts: ForestPart[] = [];
  const remote = new Map<string, { readonly source: RemoteSource; readonly item: Item }[]>();
  for (const item of items) {
    const { source, into } = item;
    if (source.side === 'remote') {
      const key = targetKey(source.target);
      const known = remote.get(key) ?? [];
      known.push({ source, item });
      remote.set(key, known);
    } else parts.push({ into, reader: openOwn(source, into, session, report) });
  }
  for (const all of remote.values()) {
    const [one] = all;
    if (one === undefined) continue;
    const named = all.map(({ source, item }) => {
      const { at, kind, symlink, fact } = source;
      return { path: at, shown: fact.path, kind, symlink, into: item.into, only: only(item) };
    });
    const end = endOf(one.source.target, session);
    parts.push({ into: '', reader: readRemoteForest(end, named, sendingOf(one.source, session, report)) });
  }
  return readForest(parts, report);
}

function openOwn(
  source: Exclude<Source, RemoteSource>,
  into: Name,
  { filter, spool }: Session,
  report: Report,
): TreeReader {
  if (source.side === 'local') {
    const placed: Report = (problem) => report({ ...problem, path: placeInto(into, problem.path) });
    return readLocalTree({ path: source.path, filter, report: placed, followRoot: true });
  }
  if (spool === undefined) throw new KxError('KX_INTERNAL', 'stdin was not kept');
  return spool;
}

function sendingOf({ tools }: RemoteSource, { filter, options, log }: Session, report: Report): SendingOptions {
  return {
    filter,
    report,
    compression: chooseCompression(options, tools),
    log,
    tar: tools.tar !== undefined,
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  };
}

export interface WriterOptions {
  readonly shipment: Shipment;
  readonly preserve: boolean;
  readonly report: Report;
  /** Marks the staged files of this run. */
  readonly mark?: string;
  /** Go on with what the runs of these marks left, and others of which it can be told that they are over. */
  readonly resume?: LocalResume;
}

/** A writer of a shipment to the destination of a job. Limits are those of the session, over all writers. */
export function openWriter(to: Destination, options: WriterOptions, session: Session): TreeWriter {
  const { sameOwner } = session.options;
  const { at, items, isForest } = options.shipment;
  if (to.side === 'stdio') return writeStdout();
  if (to.side === 'remote') {
    const tops = isForest ? new Map(items.map(({ into, source }) => [into, source.fact.kind])) : undefined;
    const more = { destination: at, shown: to.shown(at), tar: to.tools.tar !== undefined, tops };
    const compression = chooseCompression(session.options, to.tools);
    return writeRemoteTree(endOf(to.target, session), {
      ...options,
      ...more,
      sameOwner,
      compression,
      log: session.log,
    });
  }
  const destination = Buffer.from(at, 'latin1');
  return writeLocalTree({ ...options, destination, sameOwner, hasTops: isForest, limits: {} });
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
