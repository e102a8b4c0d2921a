import { ApiError, badRequest } from '../api/status.ts';
import type { LogStream } from './log.ts';

/** What is wanted of a log. */
export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly tailLines: number;
  readonly limitBytes: number;
  /** Undefined: both. */
  readonly stream: LogStream | undefined;
}

/** Reads the query of a request for a log. Throws an ApiError for what means nothing. */
export function readLogOptions(query: URLSearchParams): LogOptions {
  if (query.has('sinceTime') && query.has('sinceSeconds')) {
    throw badRequest('at most one of sinceTime or sinceSeconds may be specified');
  }
  const stream = readStream(query.get('stream') ?? 'All');
  if (stream !== undefined && query.has('tailLines')) {
    throw new ApiError(422, 'Invalid', '`tailLines` and specific `stream` are mutually exclusive for now');
  }
  const seconds = readNumber(query, 'sinceSeconds');
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    since: seconds === undefined ? readTime(query.get('sinceTime')) : Date.now() - seconds * 1000,
    tailLines: readNumber(query, 'tailLines') ?? Infinity,
    limitBytes: readNumber(query, 'limitBytes') ?? Infinity,
    stream,
  };
}

function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`${name} must be a number of 0 or more, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** In whole seconds: the fraction does not survive the way through an apiserver (metav1.Time). */
function readTime(text: string | null): number {
  const at = text === null ? 0 : Date.parse(text);
  if (Number.isNaN(at)) throw badRequest(`sinceTime is no time: ${JSON.stringify(text)}`);
  return Math.floor(at / 1000) * 1000;
}

function readStream(text: string): LogStream | undefined {
  if (text === 'All') return undefined;
  if (text === 'Stdout') return 'stdout';
  if (text === 'Stderr') return 'stderr';
  throw new ApiError(422, 'Invalid', `stream: Unsupported value: ${JSON.stringify(text)}`);
}
