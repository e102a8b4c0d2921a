import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { endProcessAfterwards } from './ending.ts';

/** How a local program ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** What stdin carries before it ends; null leaves it open for the test to write. Absent: it ends at once. */
  readonly stdin?: string | Uint8Array | Readable | null | undefined;
  /** Added to the environment of the test; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  /** Milliseconds until the program is killed and the test fails. Default 60 000. */
  readonly timeout?: number | undefined;
}

/** A program that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** Rejects when the time limit passes. */
  readonly ended: Promise<Ended>;
  /** What came so far. */
  stdout(): Buffer;
  stderr(): string;
  /** Resolves with the match as soon as stdout or stderr contains it; rejects when the program ends without it. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The kx that is tested: KX_BIN, else the built one. */
export function kxBinary(): string {
  const path = resolve(process.env['KX_BIN'] ?? resolve(import.meta.dirname, '../../dist/kubectl-kx'));
  if (!existsSync(path)) throw new Error(`there is no ${path}: run "make build" first, or set KX_BIN`);
  return path;
}

/** What a run leaves for the next, which is not left on this machine. */
export const stateHome = join(tmpdir(), 'state');

/** Starts a program and gathers its outputs. It is ended with the test if it has not ended before. */
export function start(file: string, args: readonly string[], options: ProgramOptions = {}): Running {
  // The settings of whoever runs the tests are none of theirs.
  const XDG_CONFIG_HOME = resolve(import.meta.dirname, 'no-settings');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_CONFIG_HOME,
    XDG_STATE_HOME: stateHome,
    KX_CONFIG: undefined,
    ...options.env,
  };
  const child = spawn(file, args, { env, cwd: options.cwd, stdio: 'pipe' });
  endProcessAfterwards(child);
  const outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const stdout = () => Buffer.concat(outputs.stdout);
  const stderr = () => Buffer.concat(outputs.stderr).toString();
  child.stdout.on('data', (chunk: Buffer) => outputs.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => outputs.stderr.push(chunk));
  feed(child, options.stdin);
  const shown = () =>
    `${file} ${args.join(' ')}\nstdout: ${stdout().subarray(0, 2000).toString()}\nstderr: ${stderr()}`;

  const ended = limitTime(once(child, 'close'), options.timeout ?? 60_000, () => {
    child.kill('SIGKILL');
    return new Error(`did not end in time: ${shown()}`);
  }).then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: stdout(),
    stderr: stderr(),
  }));
  ended.catch(() => {});

  const sees = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((found, failed) => {
      const look = () => {
        const match = pattern.exec(stdout().toString('latin1')) ?? pattern.exec(stderr());
        if (match) found(match);
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      ended.then(() => {
        look();
        failed(new Error(`ended without ${String(pattern)}: ${shown()}`));
      }, failed);
      look();
    });
  return { child, ended, stdout, stderr, sees };
}

/** Runs a program to its end. Rejects only when it cannot start or exceeds its time. */
export function run(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return start(file, args, options).ended;
}

/** Runs kx to its end. */
export function runKx(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return run(kxBinary(), args, options);
}

/** Starts kx and leaves it running. */
export function startKx(args: readonly string[], options: ProgramOptions = {}): Running {
  return start(kxBinary(), args, options);
}

function feed(child: ChildProcessWithoutNullStreams, input: ProgramOptions['stdin']): void {
  // A program may end before it took its input: that shows in its ending, not here.
  child.stdin.on('error', () => {});
  if (input === null) return;
  if (input instanceof Readable) input.pipe(child.stdin);
  else child.stdin.end(input ?? '');
}

/** The promise, or the error of `late` when it does not settle in time. */
export async function limitTime<T>(promise: Promise<T>, milliseconds: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, failed) => {
    timer = setTimeout(() => failed(late()), milliseconds);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
