import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Transform, type Readable } from 'node:stream';
import { KxError } from '../../src/lib/errors/index.ts';
import type { ExecRequest, ExitStatus, RemoteProcess } from '../../src/lib/process/index.ts';
import type { Transport } from '../../src/lib/transport/index.ts';
import { endProcessAfterwards } from './ending.ts';

/** Bytes of stdin, or of stdout and stderr together, after which a connection is lost; undefined: never. */
export interface Cut {
  readonly up?: number;
  readonly down?: number;
}

export interface LocalTransportOptions {
  /** The only folder that programs are found in; `sh` too. Default: the PATH of this process. */
  readonly path?: string;
  readonly cwd?: string;
  /** Called for each exec, counted from 0. */
  readonly cut?: (exec: number) => Cut;
}

/**
 * Runs commands as processes of this machine, each in a session of its own, as a container would. It is lossy as a real
 * connection is: a cut ends stdin, closes both outputs and says nothing of the command.
 */
export function localTransport(options: LocalTransportOptions = {}): Transport & { readonly execs: number } {
  let execs = 0;
  return {
    name: 'local',
    get execs() {
      return execs;
    },
    exec: (_target, request) => {
      const exec = execs++;
      return start(request, options, options.cut?.(exec) ?? {});
    },
  };
}

async function start(request: ExecRequest, options: LocalTransportOptions, cut: Cut): Promise<RemoteProcess> {
  const [file = '', ...args] = request.command;
  const path = options.path ?? process.env['PATH'] ?? '';
  const child = spawn(file, args, {
    cwd: options.cwd ?? '/',
    env: { PATH: path },
    detached: true,
    stdio: [request.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  endProcessAfterwards(child);
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new KxError('KX_COMMAND_NOT_FOUND', (error as Error).message, { ran: 'no' });
  }
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  const lose = (reason: Error): void => {
    lost.reject(reason);
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const cutNow = (): void => lose(new KxError('KX_CONNECTION_LOST', 'cut by the test', { ran: 'maybe' }));
  let heard = 0;
  const limited = (limit: number | undefined, source: Readable): Readable => {
    const through = new Transform({
      highWaterMark: 1 << 20,
      transform(chunk: Buffer, _encoding, done) {
        heard += chunk.length;
        if (limit === undefined || heard <= limit) {
          done(null, chunk);
          return;
        }
        this.push(chunk.subarray(0, Math.max(0, chunk.length - (heard - limit))));
        cutNow();
        done();
        this.push(null);
      },
    });
    source.pipe(through);
    source.on('close', () => through.end());
    return through;
  };
  const stdout = limited(cut.down, child.stdout!);
  const stderr = limited(cut.down, child.stderr!);
  let sent = 0;
  const stdin =
    child.stdin &&
    new Transform({
      highWaterMark: 1 << 20,
      transform(chunk: Buffer, _encoding, done) {
        sent += chunk.length;
        if (cut.up === undefined || sent <= cut.up) {
          done(null, chunk);
          return;
        }
        this.push(chunk.subarray(0, Math.max(0, chunk.length - (sent - cut.up))));
        setImmediate(cutNow);
        done();
      },
    });
  if (stdin) {
    child.stdin!.on('error', () => {});
    stdin.pipe(child.stdin!);
  }
  const ended = new Promise<ExitStatus>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? (signal === 'SIGHUP' ? 129 : 137),
        proven: true,
        inputLeft: 'unknown',
        inputSent: sent,
        reason: 'the process ended',
      });
    });
  });
  const exit = Promise.race([ended, lost.promise]);
  exit.catch(() => {});
  return {
    stdin,
    stdout,
    stderr,
    started: Promise.resolve('confirmed'),
    exit,
    can: new Set(['half-close']),
    protocol: 'local',
    resize: () => {},
    signal: () => Promise.resolve('unsupported'),
    disconnect: (reason) => lose(reason ?? new KxError('KX_CONNECTION_LOST', 'dropped', { ran: 'maybe' })),
  };
}
