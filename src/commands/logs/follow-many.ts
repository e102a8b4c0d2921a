import { KxError } from '../../lib/errors/index.ts';
import { createMergeWindow, type LogBatch, type LogEvent, type LogSource } from '../../lib/logs/index.ts';
import { followContainers, type ContainerEvent, type SelectedContainer } from '../../lib/target/index.ts';
import { createBell, type Bell } from './bell.ts';
import { keepLinesTogether } from './long-lines.ts';
import { followPart } from './part.ts';
import { describeNothing, partsOf, sourceOf } from './read-many.ts';
import type { Session } from './session.ts';
import { isBeyondKubectl, isPodName, readSelection } from './selection.ts';
import { createShow, type Show } from './show.ts';
import { nameOf } from './tell.ts';

/** How long a followed line waits for earlier ones of other logs, in milliseconds. */
const window = 500;
/** How long nothing is followed before that is said, in milliseconds: where a pod is replaced, another one appears. */
const goneFor = 2000;
/** More bytes than this do not wait. */
const windowBytes = 16 << 20;

/** A log that is followed. */
interface Followed {
  readonly source: LogSource;
  readonly bell: Bell;
  readonly ending: AbortController;
}

/**
 * Follows the logs of several containers, and of those that appear. Ends when pods that were named have ended; where pods are
 * selected others may appear, so never. The exit code is that of the first log that could not be read.
 */
export async function followMany(session: Session): Promise<number> {
  const { api, options, output, signal, over, say, teller } = session;
  const { which, look, quiet } = options;
  const selection = await readSelection(which, api.namespace);
  const showing = { prefixed: isBeyondKubectl(which), parts: partsOf(which.namespaces) };
  const plainShow = keepLinesTogether(await createShow(look, showing, output));
  const { show, close } = options.merge ? showInOrder(plainShow) : { show: plainShow, close: () => Promise.resolve() };
  const followed = new Map<string, Followed>();
  const waiting: SelectedContainer[] = [];
  const failures: KxError[] = [];
  const note = quiet ? () => {} : say;
  const watching = new AbortController();
  const stop = (): void => watching.abort();
  signal.addEventListener('abort', stop);
  over.addEventListener('abort', endAll);
  let isListed = false;
  let isWaiting: NodeJS.Timeout | undefined;

  async function follow(container: SelectedContainer, one: Followed): Promise<void> {
    const { namespace, pod, container: name, uid, containerId } = container;
    const { source } = one;
    const request = {
      api,
      target: { namespace, pod, container: name },
      source,
      uid,
      containerId,
      startTimeoutMs: Infinity,
      onEvent: (event: LogEvent) => teller.tell(event),
      changed: (milliseconds: number) => one.bell.wait(milliseconds, one.ending.signal),
      signal: one.ending.signal,
    };
    try {
      for await (const batch of followPart(options, request, isListed)) await show(batch);
    } catch (error) {
      if (one.ending.signal.aborted && !signal.aborted) return;
      if (signal.aborted || !(error instanceof KxError) || error.code === 'KX_USAGE') throw error;
      failures.push(error);
      say(`error: ${nameOf(source)}: ${error.message} [${error.code}]`);
    }
  }

  const tasks = new Set<Promise<void>>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const isFixed =
    which.reference !== undefined && !which.allPods && !isBeyondKubectl(which) && isPodName(which.reference);

  function begin(container: SelectedContainer): void {
    const key = keyOf(container);
    if (followed.has(key)) return;
    if (followed.size >= options.maxLogRequests) {
      waiting.push(container);
      if (isListed)
        note(`${nameOf(sourceOf(container))}: not followed yet, ${followed.size} logs are open (--max-log-requests)`);
      return;
    }
    clearTimeout(isWaiting);
    const ending = new AbortController();
    const abort = (): void => ending.abort(signal.reason);
    signal.addEventListener('abort', abort);
    const one: Followed = { source: sourceOf(container), bell: createBell(), ending };
    followed.set(key, one);
    if (isListed) note(`${nameOf(one.source)}: appeared`);
    const task: Promise<void> = follow(container, one)
      .catch(failed.reject)
      .finally(() => {
        signal.removeEventListener('abort', abort);
        followed.delete(key);
        tasks.delete(task);
        const next = waiting.shift();
        if (next !== undefined) begin(next);
        else if (isListed && followed.size === 0) emptied();
      });
    tasks.add(task);
  }

  /** No more is wanted of what is followed, nor of what would appear. */
  function endAll(): void {
    stop();
    waiting.length = 0;
    for (const { ending } of followed.values()) ending.abort();
  }

  /** Nothing is followed any more. */
  function emptied(): void {
    if (isFixed) stop();
    else if (!watching.signal.aborted) isWaiting = setTimeout(() => note(nothingLeft), goneFor).unref();
  }

  function take(event: ContainerEvent): void {
    switch (event.type) {
      case 'appeared':
        begin(event.container);
        break;
      case 'changed':
        followed.get(keyOf(event.container))?.bell.ring();
        break;
      case 'gone':
        leave(event.container, event.deleted);
        break;
      case 'interrupted':
        note(`the pods cannot be watched, trying again: ${event.error.message}`);
        break;
      case 'resumed':
        note('the pods are watched again');
        break;
      case 'listed':
        isListed = true;
        if (waiting.length > 0) throw tooMany(followed.size + waiting.length, options.maxLogRequests);
        if (followed.size === 0) say(describeNothing(session));
        if (isFixed && followed.size === 0) stop();
    }
  }

  /** A pod that is gone has said all: its log ends by itself. One that is not selected any more is left. */
  function leave(container: SelectedContainer, deleted: boolean): void {
    const place = waiting.findIndex((each) => keyOf(each) === keyOf(container));
    if (place >= 0) waiting.splice(place, 1);
    const one = followed.get(keyOf(container));
    if (deleted) one?.bell.ring();
    else if (one !== undefined && which.states.length === 0) one.ending.abort();
  }

  const told = quiet || which.allPods ? {} : { say };
  const watch = async (): Promise<void> => {
    for await (const event of followContainers(api, selection, { signal: watching.signal, ...told })) take(event);
  };
  try {
    await Promise.race([watch(), failed.promise]);
    await Promise.race([Promise.all(tasks), failed.promise]);
    await close();
  } finally {
    signal.removeEventListener('abort', stop);
    over.removeEventListener('abort', endAll);
    clearTimeout(isWaiting);
    stop();
    for (const { ending } of followed.values()) ending.abort(signal.reason);
  }
  return options.ignoreErrors ? 0 : (failures[0]?.exit ?? 0);
}

const nothingLeft = 'all logs have ended: waiting for pods that appear, Ctrl-C ends that';

function keyOf({ namespace, uid, container }: SelectedContainer): string {
  return `${namespace}/${uid}/${container}`;
}

/** Lines wait a little, so that those of other logs can come before them. */
function showInOrder(show: Show): { show: Show; close: () => Promise<void> } {
  const lines = createMergeWindow(window);
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const put = (all: boolean): Promise<void> => {
    last = last.then(() => {
      const due: LogBatch = lines.take(all);
      return due.length === 0 ? undefined : show(due);
    });
    return last;
  };
  const arm = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      put(false).then(
        () => {
          if (lines.size > 0) arm();
        },
        () => {},
      );
    }, window / 4);
  };
  return {
    show: (batch) => {
      lines.add(batch);
      arm();
      return lines.size > windowBytes ? put(true) : last;
    },
    close: () => {
      clearTimeout(timer);
      return put(true);
    },
  };
}

function tooMany(count: number, most: number): KxError {
  const message = `you are attempting to follow ${count} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`;
  return new KxError('KX_USAGE', message);
}
