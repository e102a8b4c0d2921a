import type { Readable, Writable } from 'node:stream';
import type { CommandContext } from '../../base-command.ts';
import { canceledBy, type InterruptSignal } from '../../cli/interrupts.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { ExitStatus, Signal } from '../../lib/process/index.ts';
import { describeTarget } from '../../lib/target/index.ts';
import { brokenPipeCode } from '../../lib/terminal/index.ts';
import type { Started } from './start.ts';

/** How a session ended: the exit code, and what there is to say of it once the terminal is its own again. */
export interface SessionEnd {
  readonly code: number;
  /** `level` is the least `-v`; 0 is always said. */
  readonly notes: readonly { readonly level: number; readonly line: string }[];
}

/** The error of a command that took longer than `--timeout`. */
export function timeIsOver(): KxError {
  return new KxError('KX_TIMEOUT', 'the time of --timeout is over', { ran: 'maybe' });
}

/** This side of the session. */
export interface LocalStreams {
  /** null: stdin stays untouched. */
  readonly stdin: Readable | null;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Settles when the user leaves with the detach keys. */
  readonly detached: Promise<unknown>;
}

/** What ends a session, whichever comes first. */
type Ending =
  | { readonly kind: 'exit'; readonly status: ExitStatus }
  | { readonly kind: 'signal'; readonly name: InterruptSignal }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'reader-gone' }
  | { readonly kind: 'input-end-refused'; readonly error: KxError }
  | { readonly kind: 'detached' };

/** How long a command has to end after a signal, in milliseconds. */
const gracePeriod = 3000;
/** How long a command that cannot be told the end of its input has to end by itself, in milliseconds. */
const inputEndPatience = 5000;
/** How long nothing may be taken of the input before that is said, in milliseconds. */
const stuckPatience = 30_000;
const inputIsStuck =
  'warning: no input was taken for 30 s: the command does not read it, or has ended and the server waits for it to be read';

/**
 * Connects a started command to this side until one of them ends, and gives its end. Rejects with KX_CANCELED,
 * KX_TIMEOUT, KX_STDIN_END, or as `remote.exit` does; the first three end the remote command where that can be done.
 */
export async function runSession(
  started: Started,
  local: LocalStreams,
  timeLeft: number | undefined,
  context: Pick<CommandContext, 'log' | 'takeSignals'>,
): Promise<SessionEnd> {
  const { remote } = started;
  const cleanUp: (() => void)[] = [];
  const first = Promise.withResolvers<Ending>();
  const second = Promise.withResolvers<false>();
  let signals = 0;
  cleanUp.push(
    context.takeSignals((name) => {
      if (++signals === 1) first.resolve({ kind: 'signal', name });
      else second.resolve(false);
    }),
  );
  // What came before a connection was lost is shown too: the outputs first, then the ending.
  const drained = Promise.all([drain(remote.stdout, local.stdout), drain(remote.stderr, local.stderr)]);
  const finished = drained.then(() => remote.exit);
  const endings: Promise<Ending>[] = [
    finished.then((status) => ({ kind: 'exit', status })),
    first.promise,
    new Promise((resolve) => {
      for (const output of [local.stdout, local.stderr]) {
        const fail = (): void => resolve({ kind: 'reader-gone' });
        output.on('error', fail);
        cleanUp.push(() => output.off('error', fail));
      }
    }),
    local.detached.then(() => ({ kind: 'detached' })),
  ];
  if (timeLeft !== undefined) {
    endings.push(
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve({ kind: 'timeout' }), timeLeft);
        cleanUp.push(() => clearTimeout(timer));
      }),
    );
  }
  if (remote.stdin !== null && local.stdin !== null) {
    endings.push(feed(local.stdin, remote.stdin));
    if (!started.wrapped) cleanUp.push(watchInput(local.stdin, remote.stdin, () => context.log(0, inputIsStuck)));
  }
  const hadInput = (): boolean => local.stdin?.readableDidRead ?? false;
  try {
    return await conclude(await Promise.race(endings), { started, finished, secondSignal: second.promise, hadInput });
  } finally {
    for (const undo of cleanUp) undo();
    local.stdin?.unpipe();
    local.stdin?.destroy();
  }
}

interface Session {
  readonly started: Started;
  /** The exit status, once both outputs were taken. */
  readonly finished: Promise<ExitStatus>;
  readonly secondSignal: Promise<false>;
  /** Whether stdin had anything at all. */
  readonly hadInput: () => boolean;
}

async function conclude(ending: Ending, session: Session): Promise<SessionEnd> {
  const { started, finished } = session;
  switch (ending.kind) {
    case 'exit':
      return report(ending.status, session);
    case 'detached':
      started.remote.disconnect();
      return { code: 0, notes: [{ level: 0, line: 'detached: the command goes on, unless its terminal ends it' }] };
    case 'reader-gone':
      started.remote.disconnect();
      return { code: brokenPipeCode, notes: [] };
    case 'signal':
      throw await endedBy(canceledBy(ending.name), ending.name, session);
    case 'timeout':
      throw await endedBy(timeIsOver(), 'SIGTERM', session);
    case 'input-end-refused': {
      const status = await within(finished, inputEndPatience);
      if (status !== undefined) return report(status, session);
      throw await endedBy(ending.error, 'SIGTERM', session);
    }
  }
}

function report(status: ExitStatus, { started: { remote, wrapped }, hadInput }: Session): SessionEnd {
  const { code, proven, reason, inputLeft, inputSent } = status;
  const notes = [{ level: 1, line: `${reason}; ${proven ? 'its end is proven' : 'nothing else proves its end'}` }];
  // Under the wrapper it is the command's own choice to leave input alone; without it the runtime may have cut it.
  if (!wrapped && remote.stderr !== null && inputLeft === 'some' && hadInput()) {
    notes.push({
      level: 0,
      line: `warning: the command ended while input was left: ${inputSent} bytes of it were sent`,
    });
  }
  if (code !== 0) notes.push({ level: 0, line: `command terminated with exit code ${code}` });
  return { code, notes };
}

/** Ends the remote command and completes the error with what became of it. A second signal stops waiting for that. */
async function endedBy(error: KxError, name: Signal, session: Session): Promise<KxError> {
  const { started, finished, secondSignal } = session;
  const ended = await Promise.race([endRemote(started, name), secondSignal]);
  if (ended) await Promise.race([within(finished, gracePeriod), secondSignal]);
  started.remote.disconnect(error);
  return withFate(error, ended, started);
}

/**
 * Sends the signal and waits for the end; then whatever is left of the session is killed, for a child that ignores the
 * signal (as background children of a shell ignore Ctrl-C) outlives the command.
 */
async function endRemote({ remote }: Started, name: Signal): Promise<boolean> {
  const over = remote.exit.then(
    () => 'over' as const,
    () => 'over' as const,
  );
  const outcome = await Promise.race([remote.signal(name), over]);
  // A command that has just ended cannot be found any more, and its ending is on the way.
  const ended = await within(remote.exit, outcome === 'unsupported' ? 200 : gracePeriod);
  if (outcome === 'unsupported') return ended !== undefined;
  await remote.signal('SIGKILL');
  return (await within(remote.exit, gracePeriod)) !== undefined;
}

/** The error, completed with what became of the remote command. */
function withFate(error: KxError, ended: boolean, { target }: Started): KxError {
  return new KxError(error.code, error.message, {
    ran: ended ? 'yes' : 'maybe',
    exit: error.exit,
    hint: ended
      ? 'the remote command and its children were ended'
      : `the command was left running in ${describeTarget(target)}: kx could not end it`,
  });
}

/** What a promise gives within a time; undefined when it rejects or takes longer. */
function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    const settle = (value: T | undefined): void => {
      clearTimeout(timer);
      resolve(value);
    };
    promise.then(settle, () => settle(undefined));
  });
}

/** Resolves when everything that the source had was taken by the destination, which stays open. */
function drain(source: Readable | null, destination: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (source === null) return resolve();
    source.pipe(destination, { end: false });
    source.on('end', () => {
      // A session that has ended otherwise may have ended the destination too.
      if (destination.writableEnded) resolve();
      else destination.write('', () => resolve());
    });
  });
}

/** Settles only when the end of the input cannot be told to the command. */
function feed(source: Readable, stdin: Writable): Promise<Ending> {
  return new Promise((resolve) => {
    stdin.on('error', (error) => {
      if (error instanceof KxError && error.code === 'KX_STDIN_END') resolve({ kind: 'input-end-refused', error });
    });
    source.pipe(stdin);
  });
}

/**
 * Calls `onStuck` once when the input is held up for long. containerd never ends an exec whose input nobody takes; without
 * a shell around the command that looks as if the command went on. Gives back what ends the watch.
 */
function watchInput(source: Readable, stdin: Writable, onStuck: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let told = false;
  const arm = (): void => {
    if (told || timer !== undefined) return;
    timer = setTimeout(() => {
      told = true;
      onStuck();
    }, stuckPatience);
  };
  const disarm = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  source.on('pause', arm);
  stdin.on('drain', disarm);
  return () => {
    source.off('pause', arm);
    stdin.off('drain', disarm);
    disarm();
  };
}
