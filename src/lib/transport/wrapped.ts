import { Readable } from 'node:stream';
import { KxError } from '../errors/index.ts';
import {
  deriveProcess,
  type Capability,
  type ExecRequest,
  type ExitStatus,
  type RemoteProcess,
} from '../process/index.ts';
import { inputEndRefused } from '../remotecommand/index.ts';
import type { Target } from '../target/index.ts';
import { sessionEnder } from './end-session.ts';
import { gateInput } from './input-gate.ts';
import { createMarkFilter, type Marks } from './marks.ts';
import type { Transport } from './transport.ts';
import { createNonce, endWrapped, inputOver, wrapCommand } from './wrapper-script.ts';

/**
 * Runs commands under a small shell script that keeps stdin whole, proves start and end, sets environment and directory,
 * and can be found again to be ended. `exec` resolves when the start is proven, and rejects with KX_SHELL_MISSING
 * (`ran: 'no'`) when the container has no `sh`.
 */
export function wrappedTransport(inner: Transport): Transport {
  return {
    name: inner.name,
    async exec(target, request, signal) {
      const nonce = createNonce();
      const wrapped = { command: wrapCommand(request, nonce), stdin: request.stdin, tty: request.tty };
      const remote = await inner.exec(target, wrapped, signal);
      const abort = (): void => remote.disconnect(signal?.reason as Error);
      signal?.addEventListener('abort', abort);
      try {
        return await startWrapped(inner, target, request, remote, nonce);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

async function startWrapped(
  inner: Transport,
  target: Target,
  request: ExecRequest,
  remote: RemoteProcess,
  nonce: string,
): Promise<RemoteProcess> {
  const tty = request.tty !== null;
  // Under a terminal everything that the shell writes comes out of stdout.
  const filtered = filterOutput(tty ? remote.stdout : remote.stderr, nonce);
  const endRefused = remote.can.has('half-close') ? undefined : inputEndRefused(remote.protocol);
  const gate = remote.stdin === null || tty ? undefined : gateInput(remote.stdin, endRefused);
  void filtered.commandEnded.then(() => gate?.close(inputOver(nonce)));
  const exit = endingOf(remote, filtered, request);
  exit.catch(() => {});
  await Promise.race([filtered.started, exit]);
  if (!filtered.marks.started) {
    const status = await exit;
    throw new KxError('KX_CONNECTION_LOST', `the shell that was to run the command ended with code ${status.code}`, {
      ran: 'maybe',
    });
  }
  return deriveProcess(remote, {
    stdin: gate?.stdin ?? remote.stdin,
    stdout: tty ? filtered.stream : remote.stdout,
    stderr: tty ? null : filtered.stream,
    started: Promise.resolve('confirmed'),
    exit,
    can: new Set<Capability>([...remote.can, 'signal', 'start-ack', 'proven-end', 'env', 'cwd']),
    signal: sessionEnder(inner, target, (name, known) => endWrapped(nonce, name, known)),
  });
}

interface FilteredOutput {
  readonly stream: Readable;
  readonly marks: Marks;
  readonly started: Promise<true>;
  /** The end mark has come. */
  readonly commandEnded: Promise<true>;
  /** Everything has been looked at. */
  readonly ended: Promise<void>;
}

/** The output without the wrapper's lines. Destroying it discards what comes; the marks are still read. */
function filterOutput(source: Readable | null, nonce: string): FilteredOutput {
  if (source === null) throw new KxError('KX_INTERNAL', 'the wrapper needs an output for its marks');
  const filter = createMarkFilter(nonce);
  const stream: Readable = new Readable({
    read: () => source.resume(),
    destroy: (error, done) => {
      source.resume();
      done(error);
    },
  });
  const pass = (bytes: Buffer): void => {
    if (!stream.destroyed && bytes.length > 0 && !stream.push(bytes)) source.pause();
  };
  const started = Promise.withResolvers<true>();
  const commandEnded = Promise.withResolvers<true>();
  source.on('data', (chunk: Buffer) => {
    filter.take(chunk).forEach(pass);
    if (filter.marks.started) started.resolve(true);
    if (filter.marks.end !== undefined) commandEnded.resolve(true);
  });
  const ended = new Promise<void>((resolve) => {
    source.on('end', () => {
      pass(filter.flush());
      stream.push(null);
      resolve();
    });
  });
  return { stream, marks: filter.marks, started: started.promise, commandEnded: commandEnded.promise, ended };
}

async function endingOf(remote: RemoteProcess, output: FilteredOutput, request: ExecRequest): Promise<ExitStatus> {
  const { marks } = output;
  const status = await remote.exit.catch(async (error: unknown) => {
    await output.ended;
    if (marks.end !== undefined) throw lostBehindEnd(error, marks.end);
    throw marks.started ? error : shellMissing(error);
  });
  await output.ended;
  if (!marks.started && (status.code === 126 || status.code === 127)) throw shellMissing(undefined);
  if (marks.badCwd) {
    throw new KxError(
      'KX_COMMAND_NOT_EXECUTABLE',
      `cannot change to the directory ${request.cwd ?? ''} in the container`,
      {
        ran: 'no',
      },
    );
  }
  if (marks.messages.length > 0 && (marks.end === 126 || marks.end === 127)) throw notStarted(marks, request);
  if (marks.end !== undefined) {
    return { ...status, code: marks.end, proven: true, reason: `the end of the command was seen (${remote.protocol})` };
  }
  if (status.code !== 0) return status;
  throw new KxError('KX_CONNECTION_LOST', 'the server reports success, but the end of the command was not seen', {
    ran: 'yes',
    hint: 'the container runtime or the node was probably lost; the command may still be running',
  });
}

/** The end mark comes out of stderr: what stdout had before it may still be on its way when the connection is lost. */
function lostBehindEnd(error: unknown, code: number): unknown {
  if (!(error instanceof KxError) || error.code !== 'KX_CONNECTION_LOST') return error;
  return new KxError('KX_CONNECTION_LOST', error.message, {
    ran: 'yes',
    cause: error,
    hint: `the command ended with code ${code}, but its output may be incomplete`,
  });
}

function shellMissing(error: unknown): unknown {
  if (error instanceof KxError && error.code !== 'KX_COMMAND_NOT_FOUND' && error.code !== 'KX_COMMAND_NOT_EXECUTABLE') {
    return error;
  }
  return new KxError('KX_SHELL_MISSING', 'the container has no sh', { ran: 'no', cause: error });
}

/** The shell's words behind its place: "line 1: exec: foo: not found" is about "foo: not found". */
function notStarted(marks: Marks, request: ExecRequest): KxError {
  const code = marks.end === 127 ? 'KX_COMMAND_NOT_FOUND' : 'KX_COMMAND_NOT_EXECUTABLE';
  const words = (marks.messages.at(-1) ?? '').replace(/^(?:(?:line )?\d+: |exec: )+(?:line \d+: )?/, '');
  return new KxError(code, words === '' ? `cannot run ${request.command[0] ?? ''} in the container` : words, {
    ran: 'no',
  });
}
