import { KxError } from '../../lib/errors/index.ts';
import { mergeLogs, readAhead, readLog, type LogBatch, type LogSource } from '../../lib/logs/index.ts';
import { listContainers, type SelectedContainer } from '../../lib/target/index.ts';
import { limitPart, startOf } from './part.ts';
import type { Session } from './session.ts';
import { isBeyondKubectl, readSelection } from './selection.ts';
import { createShow } from './show.ts';
import { nameOf } from './tell.ts';

/**
 * Shows the logs of several containers in the order of time, and gives the exit code: that of the first log that could not be
 * read, whose lines are missing from there on; the others go on.
 */
export async function readMany(session: Session): Promise<number> {
  const { api, options, output, signal, say } = session;
  const { which, look, quiet, maxLogRequests } = options;
  const selection = await readSelection(which, api.namespace);
  const told = quiet || which.allPods ? {} : { say };
  const all = await listContainers(api, selection, { signal, ...told });
  const containers = all.filter((container) => hasLog(container, options.part.previous));
  if (!quiet) for (const each of all) if (!containers.includes(each)) say(explainNothing(each));
  if (all.length === 0) say(describeNothing(session));
  if (containers.length === 0) return 0;

  const failures: KxError[] = [];
  /** Ends a log that fails, so that the others go on. */
  async function* guard(
    source: LogSource,
    log: AsyncIterable<LogBatch, undefined>,
  ): AsyncGenerator<LogBatch, undefined> {
    try {
      yield* log;
    } catch (error) {
      if (signal.aborted || !(error instanceof KxError) || error.code === 'KX_USAGE') throw error;
      failures.push(error);
      say(`error: ${nameOf(source)}: ${error.message} [${error.code}]`);
    }
  }
  const start = startOf(options);
  const logs = containers.map((container) => {
    const source = sourceOf(container);
    const { namespace, pod, container: name } = container;
    const target = { namespace, pod, container: name };
    const log = readLog({ api, target, source, start, stream: options.part.stream, signal });
    return guard(source, limitPart(options, log));
  });
  const show = await createShow(look, { prefixed: isBeyondKubectl(which), parts: partsOf(which.namespaces) }, output);
  const ahead = await readAhead(logs, maxLogRequests);
  if (ahead.unopened > 0) throw tooMany(logs.length, ahead.unopened, maxLogRequests);
  for await (const batch of mergeLogs(ahead.logs)) await show(batch);
  return options.ignoreErrors ? 0 : (failures[0]?.exit ?? 0);
}

/** What tells lines apart: every log has another container name, or may have. */
export function partsOf(namespaces: readonly string[] | 'all') {
  return { context: false, namespace: namespaces === 'all' || namespaces.length > 1, container: true };
}

export function sourceOf({ namespace, pod, container, node }: SelectedContainer): LogSource {
  return { namespace, pod, container, node };
}

export function describeNothing({ api, options }: Session): string {
  const { namespaces } = options.which;
  if (namespaces === 'all') return 'No resources found in any namespace.';
  const names = namespaces.length === 0 ? [api.namespace] : namespaces;
  return `No resources found in ${names.join(', ')} namespace.`;
}

function hasLog({ state, containerId, restarts }: SelectedContainer, previous: boolean): boolean {
  return previous ? restarts > 0 : state !== 'waiting' || restarts > 0 || containerId !== undefined;
}

function explainNothing(container: SelectedContainer): string {
  const { reason, state } = container;
  const why =
    state === 'waiting'
      ? `it is waiting to start${reason === undefined ? '' : `: ${reason}`}`
      : 'it has not run before';
  return `${nameOf(sourceOf(container))}: no log, ${why}`;
}

function tooMany(count: number, unopened: number, most: number): KxError {
  const message = `there are ${count} logs to put in order, and --max-log-requests allows ${most} at once: ${unopened} could not be opened`;
  return new KxError('KX_USAGE', message, { hint: 'allow more, or make the logs shorter with --tail or --since' });
}
