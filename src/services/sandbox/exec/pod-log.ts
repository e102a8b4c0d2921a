import type { ServerResponse } from 'node:http';
import { badRequest, notFound } from '../api/status.ts';
import type { RequestInfo } from '../api/request.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { chooseContainer } from './choose-container.ts';
import type { Containers } from './containers.ts';
import type { ContainerLog, LogLine } from './log.ts';

interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly since: number;
  readonly tailLines: number;
  readonly limitBytes: number;
}

/** Serves pods/log. Throws an ApiError before anything is written. */
export function servePodLog(
  { cluster, containers }: { cluster: Cluster; containers: Containers },
  { target, query }: RequestInfo,
  response: ServerResponse,
): void {
  const pod = cluster.getPod(target?.namespace ?? '', target?.name ?? '');
  if (pod === undefined) throw notFound('pods', '', target?.name ?? '');
  const container = chooseContainer(pod, query.get('container'));
  const options = readOptions(query);
  const where = `container ${JSON.stringify(container.name)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const previous = query.get('previous') === 'true';
  const log = containers.log(pod, container, previous);
  if (log === undefined) throw badRequest(`previous terminated ${where} not found`);
  const state = pod.status.containerStatuses?.find((each) => each.name === container.name)?.state;
  if (!previous && state?.waiting !== undefined && log.lines.length === 0) {
    throw badRequest(`${where} is waiting to start: ${state.waiting.reason}`);
  }
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.flushHeaders();
  writeLog(log, options, response);
}

function writeLog(log: ContainerLog, options: LogOptions, response: ServerResponse): void {
  let left = options.limitBytes;
  let next = 0;
  const write = (line: LogLine): void => {
    if (left <= 0) return;
    const bytes = (
      options.timestamps ? Buffer.concat([Buffer.from(`${formatTime(line.time)} `), line.bytes]) : line.bytes
    ).subarray(0, left);
    left -= bytes.length;
    next = line.time;
    response.write(bytes);
    if (left <= 0) response.end();
  };
  const recent = log.lines.filter((line) => line.time >= options.since);
  const queue = recent.slice(Math.max(0, recent.length - options.tailLines));
  let stop = (): void => {};
  let done = !options.follow || log.ended;
  /** A client that reads slowly holds up its own lines only. */
  const flush = (): void => {
    while (queue.length > 0 && left > 0) {
      write(queue.shift() as LogLine);
      if (response.writableNeedDrain) {
        response.once('drain', flush);
        return;
      }
    }
    if (done && !response.writableEnded) response.end();
  };
  if (!done) {
    stop = log.follow(
      (line) => {
        if (line.time <= next) return;
        queue.push(line);
        if (queue.length === 1) flush();
      },
      () => {
        done = true;
        flush();
      },
    );
  }
  response.once('close', () => stop());
  flush();
}

function readOptions(query: URLSearchParams): LogOptions {
  const number = (name: string, otherwise: number): number => {
    const text = query.get(name);
    if (text === null) return otherwise;
    if (!/^\d+$/.test(text)) throw badRequest(`${name} must be a number of 0 or more, not ${JSON.stringify(text)}`);
    return Number(text);
  };
  const time = query.get('sinceTime');
  const at = time === null ? 0 : Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`sinceTime is no time: ${JSON.stringify(time)}`);
  if (time !== null && query.has('sinceSeconds'))
    throw badRequest('at most one of sinceTime or sinceSeconds may be specified');
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    since: query.has('sinceSeconds') ? Date.now() - number('sinceSeconds', 0) * 1000 : at,
    tailLines: number('tailLines', Infinity),
    limitBytes: number('limitBytes', Infinity),
  };
}

/** RFC 3339 with nanoseconds. */
function formatTime(time: number): string {
  const whole = Math.floor(time);
  const rest = Math.round((time - whole) * 1000);
  return new Date(whole).toISOString().replace('Z', `${String(rest).padStart(3, '0')}000Z`);
}
