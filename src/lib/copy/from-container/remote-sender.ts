import { pipeline, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { KxError } from '../../errors/index.ts';
import type { ExitStatus, RemoteProcess } from '../../process/index.ts';
import { execUntilAborted, wrappedTransport } from '../../transport/index.ts';
import type { Name } from '../entry.ts';
import type { RemoteEnd } from '../remote-end.ts';
import type { SendRequest } from './send-script.ts';

/** One run of the sender in the container. One call at a time. */
export interface RemoteSender {
  /** What the first line says. */
  readonly identity: string;
  readonly kind: string;
  readonly since: string;
  /** Some of the stream; undefined at its end, or where it was lost: `ending` tells which. */
  next(): Promise<Buffer | undefined>;
  /** Up to `length` bytes of the stream; less only at its end. */
  take(length: number): Promise<Buffer>;
  /** How the sender ended. Rejects as `exit` of the process does. */
  ending(): Promise<ExitStatus>;
  /** Drops the connection and ends the sender, where it has not ended. Never rejects. */
  close(): Promise<void>;
}

const longestLine = 64 * 1024;
/** What is made of compressed bytes at once. */
const chunkSize = 256 * 1024;

/**
 * Starts a sender; resolves when it has said what it sends. `only` is the list of names that the command may ask for, and
 * `onLine` gets what it says on stderr.
 */
export async function startSender(
  end: RemoteEnd,
  command: readonly string[],
  only: readonly Name[],
  compress: SendRequest['compress'],
  onLine: (line: string) => void,
): Promise<RemoteSender> {
  const [shell = '', flag = '', script = '', ...args] = command;
  // The script is longer than what proxies take as a URL (8 KiB by default in nginx), so its only line comes by stdin.
  const request = {
    command: [shell, flag, 'IFS= read -r kx_v && exec 5<&0 </dev/null && eval "$kx_v"', ...args],
    stdin: true,
    tty: null,
  };
  const remote = await execUntilAborted(wrappedTransport(end.transport), end.target, request, end.signal);
  remote.stdin?.on('error', () => {});
  remote.stdin?.end(Buffer.from([script, ...only, ''].join('\n'), 'latin1'));
  const said = listen(remote.stderr, onLine);
  let ended = false;
  let failure: unknown;
  let ahead: Buffer | undefined;
  const bytes = decompress(remote.stdout, compress)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;

  async function next(): Promise<Buffer | undefined> {
    if (ahead !== undefined) {
      const chunk = ahead;
      ahead = undefined;
      return chunk;
    }
    try {
      const result = await bytes.next();
      if (result.done === true) return undefined;
      return result.value.length === 0 ? await next() : result.value;
    } catch (error) {
      // A lost connection says more by `exit`; it is asked first.
      failure = error;
      return undefined;
    }
  }

  async function take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      parts.push(chunk.subarray(0, missing));
      if (chunk.length > missing) ahead = chunk.subarray(missing);
      missing -= Math.min(chunk.length, missing);
      if (missing === 0) break;
    }
    return Buffer.concat(parts);
  }

  async function takeLine(): Promise<string> {
    let line = '';
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) {
      const newline = chunk.indexOf(0x0a);
      line += chunk.toString('latin1', 0, newline < 0 ? chunk.length : newline);
      if (newline >= 0) {
        if (newline + 1 < chunk.length) ahead = chunk.subarray(newline + 1);
        return line;
      }
      if (line.length > longestLine) break;
    }
    return line;
  }

  async function ending(): Promise<ExitStatus> {
    try {
      const [status] = await Promise.all([remote.exit, said]);
      if (failure !== undefined && status.code === 0) {
        throw new KxError('KX_CONNECTION_LOST', 'what the container sent stops short of its end', {
          ran: 'yes',
          cause: failure,
        });
      }
      return status;
    } finally {
      ended = true;
    }
  }

  async function close(): Promise<void> {
    if (ended) return;
    ended = true;
    remote.disconnect();
    await bytes.return?.().catch(() => {});
    await remote.signal('SIGKILL');
  }

  const words = (await takeLine()).split(' ');
  const [magic, identity = '', kind = '', since = ''] = words;
  if (magic === 'kx' && words.length === 4) {
    return { identity, kind, since: since === '-' ? '' : since, next, take, ending, close };
  }
  const status = await ending();
  throw new KxError(
    status.code === 0 ? 'KX_CONNECTION_LOST' : 'KX_COPY_SOURCE',
    `the sender in the container ended with code ${status.code}`,
    {
      ran: 'yes',
    },
  );
}

/** Hands on each line of what comes. */
async function listen(stderr: Readable | null, onLine: (line: string) => void): Promise<void> {
  let line = '';
  for await (const chunk of stderr ?? []) {
    const lines = (line + (chunk as Buffer).toString('latin1')).split('\n');
    line = lines.pop() ?? '';
    lines.forEach((whole) => onLine(whole));
    if (line.length > longestLine) line = '';
  }
  if (line !== '') onLine(line);
}

function decompress(stdout: RemoteProcess['stdout'], compress: SendRequest['compress']): Readable {
  if (compress === 'none') return stdout;
  const unpack = compress === 'gzip' ? zlib.createGunzip({ chunkSize }) : zlib.createZstdDecompress({ chunkSize });
  return pipeline(stdout, unpack, () => {});
}
