import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import { Writable, type Readable } from 'node:stream';
import { KxError } from '../errors/index.ts';
import type { ExecRequest, ExitStatus, RemoteProcess, TerminalSize } from '../process/index.ts';
import { makePipes, readDescriptor, writeDescriptor } from './pipes.ts';
import { openPty } from './pty.ts';

/** A command as this machine starts it. */
export interface LocalCommand {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The device that opens a terminal. */
  readonly ptmx: string;
}

interface Streams {
  /** Descriptors for the child. */
  readonly child: readonly [number, number, number];
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly resize: (size: TerminalSize) => void;
}

/**
 * Starts a command and gives it as a value. As under containerd (drain_exec_sync_io_timeout is off by default) it has
 * ended when its process has and nobody holds its outputs any more. `end` kills what can be reached from here.
 */
export function startProcess(
  command: LocalCommand,
  request: ExecRequest,
  folder: string,
): RemoteProcess & { end(): void } {
  const { child: descriptors, stdin, stdout, stderr, resize } = openStreams(command, request, folder);
  const [file = '', ...words] = command.words;
  const child = spawn(file, words, {
    cwd: command.cwd,
    env: command.env,
    stdio: [...descriptors],
    detached: true,
  });
  for (const descriptor of new Set(descriptors)) closeSync(descriptor);

  const input = request.stdin ? takeInput(stdin, request.tty !== null) : null;
  if (input === null && request.tty === null) stdin.end();
  const outputs = stderr === null ? [stdout] : [stdout, stderr];
  const exit = Promise.all([exitOf(child), ...outputs.map((each) => finished(each).catch(() => {}))]).then(
    ([code]): ExitStatus => ({
      code,
      proven: true,
      inputLeft: input === null ? 'none' : 'unknown',
      inputSent: input?.sent() ?? 0,
      reason: 'the process ended',
    }),
  );
  exit.catch(() => {});
  void exit.finally(() => stdin.destroy()).catch(() => {});

  return {
    stdin: input?.stream ?? null,
    stdout,
    stderr,
    started: Promise.resolve('confirmed'),
    exit,
    can: new Set(['half-close', 'proven-end', 'env', 'cwd']),
    protocol: 'local',
    resize,
    signal: () => Promise.resolve('unsupported'),
    disconnect: () => {
      for (const each of outputs) each.resume();
      input?.stream.end();
    },
    end: () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    },
  };
}

function openStreams(command: LocalCommand, request: ExecRequest, folder: string): Streams {
  if (request.tty !== null) {
    const { child, input, output, resize } = openPty(command.ptmx, request.tty);
    return { child: [child, child, child], stdin: input, stdout: output, stderr: null, resize };
  }
  const { stdin, stdout, stderr } = makePipes(folder);
  return {
    child: [stdin.child, stdout.child, stderr.child],
    stdin: writeDescriptor(stdin.ours),
    stdout: readDescriptor(stdout.ours),
    stderr: readDescriptor(stderr.ours),
    resize: () => {},
  };
}

/**
 * What a command does not take is dropped without a word, as a kubelet does. The end of the input closes a pipe; a
 * terminal stays open.
 */
function takeInput(target: Writable, terminal: boolean): { stream: Writable; sent(): number } {
  let sent = 0;
  let broken = false;
  let release = (): void => {};
  const breakOff = (): void => {
    broken = true;
    release();
  };
  target.on('error', breakOff);
  target.on('close', breakOff);
  const stream = new Writable({
    highWaterMark: 1 << 18,
    write(chunk: Buffer, _, done) {
      if (broken) {
        done();
        return;
      }
      sent += chunk.length;
      release = () => {
        release = () => {};
        done();
      };
      target.write(chunk, () => release());
    },
    final(done) {
      if (terminal || broken) {
        done();
        return;
      }
      target.once('close', () => done());
      target.end();
    },
  });
  return { stream, sent: () => sent };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new KxError('KX_REMOTE', `the command cannot be started: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
