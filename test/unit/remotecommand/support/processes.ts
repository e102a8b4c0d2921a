import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import type { ExecRequest, ExitStatus, RemoteProcess, TerminalSize } from '../../../../src/lib/process/index.ts';
import { endProcessAfterwards } from '../../../support/ending.ts';

export const exited = (code: number): ExitStatus => ({
  code,
  proven: false,
  inputLeft: 'unknown',
  inputSent: 0,
  reason: 'the process ended',
});

export const withStdin: ExecRequest = { command: ['cat'], stdin: true, tty: null };
export const withoutStdin: ExecRequest = { command: ['true'], stdin: false, tty: null };

/** A remote process that a test plays by hand, to choose the order of what happens. */
export interface PlayedProcess extends RemoteProcess {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly sizes: TerminalSize[];
  readonly disconnects: (Error | undefined)[];
  readonly settle: (status: ExitStatus) => void;
  readonly fail: (error: Error) => void;
  /** Ends both outputs, then settles. */
  readonly end: (code: number) => void;
}

export function playProcess(stdinHighWater = 64 * 1024): PlayedProcess {
  const { promise: exit, resolve: settle, reject: fail } = Promise.withResolvers<ExitStatus>();
  exit.catch(() => {});
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const sizes: TerminalSize[] = [];
  const disconnects: (Error | undefined)[] = [];
  return {
    stdin: new PassThrough({ highWaterMark: stdinHighWater }),
    stdout,
    stderr,
    exit,
    started: Promise.resolve('confirmed'),
    can: new Set(),
    protocol: 'played',
    sizes,
    disconnects,
    settle,
    fail,
    end: (code) => {
      stdout.end();
      stderr.end();
      settle(exited(code));
    },
    resize: (size) => sizes.push(size),
    signal: () => Promise.resolve('unsupported'),
    disconnect: (reason) => {
      disconnects.push(reason);
      stdout.destroy();
      stderr.destroy();
      fail(reason ?? new Error('disconnected'));
    },
  };
}

/** A real process of this machine as a remote one. */
export function startProcess(program: string, ...args: string[]): RemoteProcess {
  const child = spawn(program, args, { stdio: 'pipe' });
  endProcessAfterwards(child);
  const exit = new Promise<ExitStatus>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(exited(code ?? (signal === null ? 255 : 128))));
  });
  exit.catch(() => {});
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exit,
    started: Promise.resolve('confirmed'),
    can: new Set(['half-close']),
    protocol: 'local',
    resize: () => {},
    signal: () => Promise.resolve(child.kill() ? 'delivered' : 'unsupported'),
    disconnect: () => child.kill('SIGKILL'),
  };
}
