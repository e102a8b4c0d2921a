import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { LogBatch, LogLine, LogSource } from '../../lib/logs/index.ts';
import {
  compilePatterns,
  createByteSink,
  createLineRenderer,
  createPaint,
  wantsColor,
  type Matcher,
  type PrefixParts,
} from '../../lib/render/index.ts';
import { isTerminal } from '../../lib/terminal/index.ts';
import type { Look } from './options.ts';

/** How a run shows lines besides what the flags say. */
export interface Showing {
  /** Lines say whose they are where no flag says otherwise. */
  readonly prefixed: boolean;
  readonly parts: PrefixParts;
}

/** Whether lines are passed on as the server gives them. */
export function isPlain({ output, prefix, template, timestamps, timezone, ...look }: Look): boolean {
  const isRaw = output === undefined || output === 'raw';
  const isFiltered = look.include.length + look.exclude.length > 0;
  const isPainted = output === undefined && (look.highlight.length > 0 || look.pretty || prefix);
  const ownTimes = timestamps === 'short' || (timestamps !== undefined && timezone !== undefined);
  return isRaw && template === undefined && !isFiltered && !isPainted && !ownTimes;
}

/** Whether the look of lines says which container they are of. */
export function namesContainer({ output, prefix, template }: Look): boolean {
  return prefix || template !== undefined || (output !== undefined && output !== 'raw');
}

/** Writes batches of lines as the flags ask for. Resolves when the output takes more; rejects when nobody reads it. */
export type Show = (batch: LogBatch) => Promise<void>;

/** Rejects with KX_USAGE for patterns, templates and time zones that mean nothing. */
export async function createShow(look: Look, showing: Showing, output: Writable): Promise<Show> {
  const isText = look.prefix || showing.prefixed || look.highlight.length > 0 || look.pretty;
  const shape = look.output ?? (isText ? 'prefix' : 'raw');
  const hasPrefix = look.prefix || showing.prefixed || look.output === 'prefix';
  const [include, exclude, highlight] = await Promise.all([
    compile(look.include, 'include'),
    compile(look.exclude, 'exclude'),
    compile([...look.highlight], 'highlight'),
  ]);
  const render = createLineRenderer({
    output: shape,
    template: look.template,
    prefix: !hasPrefix ? 'none' : look.prefix ? 'kubectl' : 'stern',
    parts: look.prefix ? { ...showing.parts, container: true } : showing.parts,
    paint: createPaint(wantsColor(look.color, isTerminal(1), process.env)),
    timestamps: look.timestamps,
    timezone: look.timezone,
    pretty: look.pretty,
    highlight,
  });
  const sink = createByteSink();
  const isWanted = createFilter(include, exclude);
  return async (batch) => {
    for (const line of batch) if (isWanted(line)) render(line, sink);
    if (sink.size > 0) await write(output, sink.take());
  };
}

async function compile(patterns: readonly string[], flag: string): Promise<Matcher | undefined> {
  return patterns.length === 0 ? undefined : compilePatterns(patterns, flag);
}

/** A line that comes in pieces is judged by its first. */
function createFilter(include: Matcher | undefined, exclude: Matcher | undefined): (line: LogLine) => boolean {
  if (include === undefined && exclude === undefined) return () => true;
  const isMatch = (bytes: Buffer): boolean => include?.test(bytes) !== false && exclude?.test(bytes) !== true;
  const open = new Map<LogSource, boolean>();
  return (line) => {
    const { source, end } = line;
    const known = open.get(source);
    const wanted = known ?? isMatch(line.bytes);
    if (end === 'piece') open.set(source, wanted);
    else if (known !== undefined) open.delete(source);
    return wanted;
  };
}

const draining = new WeakMap<Writable, Promise<unknown>>();

/** Waits where the output does, so that logs are read no faster than lines are. One listener serves all who wait. */
async function write(output: Writable, bytes: Buffer): Promise<void> {
  if (output.errored !== null) throw output.errored;
  if (output.write(bytes)) return;
  const drained = draining.get(output) ?? once(output, 'drain').finally(() => draining.delete(output));
  draining.set(output, drained);
  await drained;
}
