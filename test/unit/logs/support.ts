import type { LogBatch, LogEvent, LogLine } from '../../../src/lib/logs/index.ts';
import { followLog, type FollowRequest } from '../../../src/lib/logs/index.ts';
import { eventually } from '../../support/eventually.ts';
import type { LogServer } from './log-server.ts';
import { endAfterwards } from '../../support/ending.ts';

export const source = { namespace: 'n', pod: 'p', container: 'main' };

/** A line of a test, whose timestamp is so many nanoseconds after a second. */
export function line(nano: number, text = '', end: LogLine['end'] = 'line-feed', second = 5): LogLine {
  const at = `2026-01-02T03:04:${String(second).padStart(2, '0')}.${String(nano).padStart(9, '0')}Z`;
  return { source, at, bytes: Buffer.from(text), end };
}

export async function linesOf(log: AsyncIterable<LogBatch>): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const batch of log) lines.push(...batch);
  return lines;
}

export async function textsOf(log: AsyncIterable<LogBatch>): Promise<string[]> {
  return (await linesOf(log)).map(({ bytes }) => bytes.toString());
}

/** Follows the log of a server until the test is over, and shows what came. */
export function startFollowing(server: LogServer, more: Partial<FollowRequest> = {}) {
  const ending = new AbortController();
  const texts: string[] = [];
  const events: LogEvent[] = [];
  const request: FollowRequest = {
    api: server.api,
    target: source,
    source,
    start: {},
    startTimeoutMs: 1000,
    onEvent: (event) => events.push(event),
    changed: () => new Promise((resolve) => setTimeout(resolve, 20)),
    signal: ending.signal,
    ...more,
  };
  const done = (async () => {
    let held = '';
    for await (const batch of followLog(request)) {
      for (const { bytes, end } of batch) {
        held += bytes.toString('latin1');
        if (end === 'piece') continue;
        texts.push(held);
        held = '';
      }
    }
  })();
  done.catch(() => {});
  const end = async (): Promise<void> => {
    ending.abort(new Error('enough'));
    await done.catch(() => {});
  };
  endAfterwards(end);
  return {
    texts,
    events,
    /** Rejects as the log does. */
    done,
    /** Ends it before the test is over. */
    [Symbol.asyncDispose]: end,
    kinds: () => events.map(({ type }) => type),
    sees: (text: string) => eventually(`the line ${text}`, () => texts.includes(text)),
    hears: (type: LogEvent['type']) => eventually(`the event ${type}`, () => events.some((each) => each.type === type)),
  };
}
