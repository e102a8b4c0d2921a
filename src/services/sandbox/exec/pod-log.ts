import type { ServerResponse } from 'node:http';
import { ApiError, badRequest, notFound } from '../api/status.ts';
import type { RequestInfo } from '../api/request.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { chooseContainer } from './choose-container.ts';
import type { Containers } from './containers.ts';
import { parseFaults } from './faults.ts';
import type { ContainerLog, LogLine } from './log.ts';
import { readLogOptions, type LogOptions } from './log-options.ts';

/** Serves pods/log. Throws an ApiError before anything is written. */
export function servePodLog(
  { cluster, containers }: { cluster: Cluster; containers: Containers },
  { target, query }: RequestInfo,
  response: ServerResponse,
): void {
  const pod = cluster.getPod(target?.namespace ?? '', target?.name ?? '');
  if (pod === undefined) throw notFound('pods', '', target?.name ?? '');
  const container = chooseContainer(pod, query.get('container'));
  const options = readLogOptions(query);
  const { logCutAfter, refuseLog } = parseFaults(pod.metadata.annotations, pod.metadata.name);
  if (refuseLog !== undefined && containers.countLogRequest(pod) <= refuseLog.times) {
    throw new ApiError(refuseLog.code, '', 'the sandbox was told to refuse this log');
  }
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
  writeLog(log, options, response, logCutAfter);
}

/** As much as is written at once. */
const blockSize = 64 << 10;

function writeLog(log: ContainerLog, options: LogOptions, response: ServerResponse, cutAfter = Infinity): void {
  const isWanted = ({ stream }: LogLine): boolean => options.stream === undefined || options.stream === stream;
  const recent = log.lines.filter((line) => line.time >= options.since && isWanted(line));
  let queue = recent.slice(Math.max(0, recent.length - options.tailLines));
  let left = options.limitBytes;
  let uncut = cutAfter;
  let busy = false;
  let done = !options.follow || log.ended;

  /** A client that reads slowly holds up its own lines only. */
  const flush = (): void => {
    busy = false;
    while (queue.length > 0 && left > 0) {
      const { block, rest } = takeBlock(queue, options.timestamps);
      const bytes = block.subarray(0, Math.min(left, uncut));
      queue = rest;
      left -= bytes.length;
      uncut -= bytes.length;
      if (uncut <= 0) {
        response.write(bytes, () => response.destroy());
        return;
      }
      if (!response.write(bytes)) {
        busy = true;
        response.once('drain', flush);
        return;
      }
    }
    if ((done || left <= 0) && !response.writableEnded) response.end();
  };
  /** Lines that come together are written together. */
  const wake = (): void => {
    if (busy) return;
    busy = true;
    setImmediate(flush);
  };
  if (!done) {
    const stop = log.follow(
      (line) => {
        if (!isWanted(line)) return;
        queue.push(line);
        wake();
      },
      () => {
        done = true;
        wake();
      },
    );
    response.once('close', stop);
    response.flushHeaders();
  }
  flush();
}

function takeBlock(lines: readonly LogLine[], timestamps: boolean): { block: Buffer; rest: LogLine[] } {
  const parts: Buffer[] = [];
  let size = 0;
  let taken = 0;
  for (const { time, bytes } of lines) {
    if (timestamps) parts.push(Buffer.from(`${formatTime(time)} `));
    parts.push(bytes);
    size += bytes.length;
    taken++;
    if (size >= blockSize) break;
  }
  return { block: Buffer.concat(parts), rest: lines.slice(taken) };
}

/** RFC 3339 with nanoseconds. */
function formatTime(time: number): string {
  const whole = Math.floor(time);
  const rest = Math.round((time - whole) * 1000);
  return new Date(whole).toISOString().replace('Z', `${String(rest).padStart(3, '0')}000Z`);
}
