import { KxError } from '../errors/index.ts';
import {
  deriveProcess,
  type Capability,
  type ExecRequest,
  type ExitStatus,
  type RemoteProcess,
} from '../process/index.ts';
import type { Target } from '../target/index.ts';
import { relieve } from './early-output.ts';
import { sessionEnder } from './end-session.ts';
import { frameInput, type FramedInput } from './framed-input.ts';
import { filterOutput, type FilteredOutput } from './filtered-output.ts';
import type { Marks } from './marks.ts';
import { startFailure } from './start-failure.ts';
import type { Transport } from './transport.ts';
import { createNonce, endWrapped, wrapCommand } from './wrapper-script.ts';

const added = ['signal', 'start-ack', 'proven-end', 'env', 'cwd'] as const;

/**
 * Runs commands under a small shell script that keeps stdin whole and tells its end, proves start and end, sets environment and
 * directory, and can be found again to be ended. `exec` resolves when the start is proven, and rejects with
 * KX_SHELL_MISSING (`ran: 'no'`) when the container has no `sh`, or no `dd` that stdin needs.
 */
export function wrappedTransport(inner: Transport): Transport {
  return {
    name: inner.name,
    async exec(target, request, signal) {
      const nonce = createNonce();
      const { stdin, tty } = request;
      const wrapped = { command: wrapCommand(request, nonce), stdin, tty, halfClose: false as const };
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
  const source = tty ? remote.stdout : remote.stderr;
  if (source === null) throw new KxError('KX_INTERNAL', 'the wrapper needs an output for its marks');
  const input = remote.stdin === null || tty ? undefined : frameInput(remote.stdin, nonce);
  const began = Promise.withResolvers<true>();
  const filtered = filterOutput(source, nonce, (marks) => {
    if (marks.started) began.resolve(true);
    // The command has closed its input, or ended.
    if (marks.inputClosed || marks.end !== undefined) input?.close();
  });
  const exit = endingOf(remote, filtered, request, input);
  exit.catch(() => {});
  // The mark of the start comes out of stderr, and a stdout that is full holds that up.
  const giveBack = tty ? (): void => {} : relieve(remote.stdout);
  await Promise.race([began.promise, exit]).finally(giveBack);
  if (!filtered.marks.started) {
    const status = await exit;
    throw new KxError('KX_CONNECTION_LOST', `the shell that was to run the command ended with code ${status.code}`, {
      ran: 'maybe',
    });
  }
  return deriveProcess(remote, {
    stdin: input?.stdin ?? remote.stdin,
    stdout: tty ? filtered.stream : remote.stdout,
    stderr: tty ? null : filtered.stream,
    started: Promise.resolve('confirmed'),
    exit,
    can: new Set<Capability>([...remote.can, ...added, ...(input === undefined ? [] : ['half-close' as const])]),
    signal: sessionEnder(inner, target, (name, known) => endWrapped(nonce, name, known)),
  });
}

async function endingOf(
  remote: RemoteProcess,
  output: FilteredOutput,
  request: ExecRequest,
  input: FramedInput | undefined,
): Promise<ExitStatus> {
  const { marks } = output;
  const status = await remote.exit.catch(async (error: unknown) => {
    await output.ended;
    if (marks.end !== undefined) throw lostBehindEnd(error, marks.end);
    throw marks.started ? error : shellMissing(error);
  });
  await output.ended;
  if (marks.noDd) {
    throw new KxError('KX_SHELL_MISSING', 'the container has no dd that could hand on the input', { ran: 'no' });
  }
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
  if (marks.messages.length > 0 && (marks.end === 126 || marks.end === 127)) {
    throw startFailure(marks.end, marks.messages, request.command);
  }
  if (marks.inputLost) {
    throw new KxError('KX_CONNECTION_LOST', 'the container could not hand on all of the input to the command', {
      ran: 'yes',
      hint: 'the command was sent SIGHUP; a limit of processes or of memory in the container may have been reached',
    });
  }
  if (marks.end !== undefined) {
    const reason = `the end of the command was seen (${remote.protocol})`;
    return { ...status, code: marks.end, proven: true, reason, ...inputFate(input, marks) };
  }
  if (status.code !== 0) return status;
  throw new KxError('KX_CONNECTION_LOST', 'the server reports success, but the end of the command was not seen', {
    ran: 'yes',
    hint: 'the container runtime or the node was probably lost; the command may still be running',
  });
}

/** What is known of the input of a command that ended. */
function inputFate(input: FramedInput | undefined, marks: Marks): Partial<ExitStatus> {
  if (input === undefined) return {};
  const { sent: inputSent, dropped, stdin } = input;
  if (!stdin.writableFinished || dropped || marks.inputClosed) return { inputLeft: 'some', inputSent };
  return { inputLeft: inputSent === 0 ? 'none' : 'unknown', inputSent };
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
