/**
 * The logs of containers: one as it is (`copyLog`), as lines to its end (`readLog`), or followed through lost connections,
 * rotations and restarts (`followLog`); and many in the order of time. What is shown, and how, is not decided here.
 */
export { copyLog, type CopyRequest } from './copy-log.ts';
export type { LogEvent } from './events.ts';
export { followLog } from './follow-log.ts';
export { followTail } from './follow-tail.ts';
export type { FollowRequest } from './following.ts';
export { limitLines } from './limit-lines.ts';
export { sizeOf, type LogBatch, type LogLine, type LogSource, type OutputStream } from './line.ts';
export { mergeLogs } from './merge-logs.ts';
export { createMergeWindow } from './merge-window.ts';
export { readLog } from './read-log.ts';
export { readAhead } from './read-ahead.ts';
export type { LogRequest, LogTarget } from './request.ts';
export { parseMoment, type Moment } from './timestamp.ts';
