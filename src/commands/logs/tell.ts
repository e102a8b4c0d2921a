import type { LogEvent, LogSource } from '../../lib/logs/index.ts';

/** Says on stderr what happens to logs: events of one kind that come together for many logs as one line. */
export interface Teller {
  tell(event: LogEvent): void;
  /** Says what waits to be said. */
  flush(): void;
}

/** How long an event waits for others of its kind, in milliseconds. */
const together = 150;
/** More of one kind are one line. */
const mostLines = 5;

export function createTeller(say: (line: string) => void): Teller {
  const waiting = new Map<string, LogEvent[]>();
  const isWaitingTold = new WeakSet<LogSource>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const events of waiting.values()) {
      const [first] = events;
      if (events.length <= mostLines) for (const event of events) say(`${nameOf(event.source)}: ${describe(event)}`);
      else if (first !== undefined) say(`${events.length} logs: ${describe(first)}`);
    }
    waiting.clear();
  };
  return {
    tell(event) {
      if (event.type === 'waiting') {
        if (isWaitingTold.has(event.source)) return;
        isWaitingTold.add(event.source);
      }
      const key =
        event.type === 'rotated' || event.type === 'missed' || event.type === 'set-back'
          ? `${event.type} ${nameOf(event.source)}`
          : event.type;
      waiting.set(key, [...(waiting.get(key) ?? []), event]);
      timer ??= setTimeout(flush, together);
    },
    flush,
  };
}

/** A log in messages. */
export function nameOf({ namespace, pod, container }: LogSource): string {
  return `${namespace}/${pod}${container === '' ? '' : `/${container}`}`;
}

function describe(event: LogEvent): string {
  switch (event.type) {
    case 'waiting':
      return event.why;
    case 'lost':
      return `connection lost, trying again: ${event.why}`;
    case 'resumed': {
      const again = event.why === undefined ? 'connected again' : `connection made again (${event.why})`;
      return event.from === undefined ? again : `${again}, goes on after ${event.from}`;
    }
    case 'rotated':
      return `the log was rotated meanwhile: lines between ${event.from} and ${event.to} may be missing`;
    case 'set-back':
      return `the clock of the node was set back from ${event.to} to ${event.from}: lines since then may be missing`;
    case 'missed':
      return `the log is not kept any more: lines after ${event.from ?? 'the beginning'} may be missing`;
    case 'restarted':
      return `started again (restart ${event.restarts})`;
    case 'ended':
      return event.why === '' ? 'ended' : `ended with ${event.why}`;
    case 'gone':
      return 'the pod is gone';
  }
}
