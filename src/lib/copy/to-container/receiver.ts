import { KxError } from '../../errors/index.ts';
import type { RemoteProcess } from '../../process/index.ts';
import { execUntilAborted } from '../../transport/index.ts';
import type { Name } from '../entry.ts';
import {
  nameLine,
  parseAnswer,
  parseHello,
  receiveCommand,
  receiveScript,
  type Answer,
  type Hello,
  type ReceiverStart,
} from './receive-script.ts';
import type { RemoteEnd } from '../remote-end.ts';

/** What a receiver is told. The number of the command is given to it when it is sent. */
export interface Command {
  readonly letter: string;
  readonly words: string;
  readonly names: readonly Name[];
  /** Sent behind the names; the words say how many bytes that are. undefined: the command has none. */
  readonly payload?: readonly Buffer[];
}

/** What ended a receiver. */
type Ending = 'end' | 'unkept' | 'packed' | KxError;

/** A receiver that runs in the container, over one connection. */
export interface Receiver {
  /** Resolves with its first line; rejects as `ended` tells. */
  readonly hello: Promise<Hello>;
  /** Commands are carried out in their order; `answered` is not called for those whose answer never came. */
  send(command: Command, answered: (answer: Answer) => void): void;
  /**
   * What ended it: `end` when it was told to end, `unkept` when it could not keep a batch, `packed` when it could not unpack
   * what it got, else the error. Never rejects.
   */
  readonly ended: Promise<Ending>;
}

/** How long a receiver may take to leave after its last answer, in milliseconds. */
const leavePatience = 5000;

/** Starts a receiver that works in `base`, until the signal is aborted. Rejects as `Transport.exec` does; with KX_SHELL_MISSING where there is no sh. */
export async function startReceiver(
  end: RemoteEnd,
  start: ReceiverStart & { readonly base: Name },
  signal: AbortSignal,
): Promise<Receiver> {
  const request = { command: receiveCommand(start), stdin: true, tty: null, halfClose: false } as const;
  const remote = await execUntilAborted(end.transport, end.target, request, signal).catch((error: unknown) => {
    throw shellMissing(error);
  });
  return receive(remote, start.base);
}

function receive(remote: RemoteProcess, base: Name): Receiver {
  const { stdin, stdout, stderr } = remote;
  if (stdin === null) throw new KxError('KX_INTERNAL', 'a receiver needs an input');
  const waiting: { id: number; answered: (answer: Answer) => void }[] = [];
  const hello = Promise.withResolvers<Hello>();
  hello.promise.catch(() => {});
  const ended = Promise.withResolvers<Ending>();
  let sent = 0;
  let greeted = false;
  let ending = false;
  let said: Name[] = [];

  const read = (line: string): void => {
    if (line.startsWith('! ')) {
      said.push(line.slice(2));
      return;
    }
    const greeting = parseHello(line);
    if (greeting !== undefined) {
      greeted = true;
      hello.resolve(greeting);
      return;
    }
    if (line === 'kx dd') return finish(missing('the container has no dd that could store what is copied'));
    if (line === 'kx shm') return finish('unkept');
    if (line === 'kx pack') return finish('packed');
    const answered = parseAnswer(line, said);
    said = [];
    const next = answered && waiting.shift();
    if (answered === undefined || next?.id !== answered.id) {
      const error = new KxError('KX_PROTOCOL', 'what stores the files in the container answers something else');
      finish(error);
      remote.disconnect(error);
      return;
    }
    next.answered(answered.answer);
    if (ending && waiting.length === 0) setTimeout(leave, leavePatience).unref();
  };
  const finish = (how: Ending): void => {
    ended.resolve(how);
    hello.reject(how instanceof KxError ? how : lost('the receiver ended'));
  };

  const leave = (): void => {
    finish('end');
    remote.disconnect();
  };

  let rest = '';
  stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(read);
  });
  const drained = new Promise((resolve) => stdout.on('close', resolve));
  for (const stream of [stdin, stdout, stderr]) stream?.on('error', () => {});
  stderr?.resume();
  void remote.exit.then(
    async ({ code }) => {
      await drained;
      if (ending && waiting.length === 0) finish('end');
      else if (!greeted && (code === 126 || code === 127)) finish(missing('the container has no sh'));
      else finish(lost(`what stores the files in the container ended with code ${code}`));
    },
    (error: unknown) => finish(ending && waiting.length === 0 ? 'end' : lossOf(shellMissing(error))),
  );
  stdin.write(Buffer.from(`${receiveScript}\n${nameLine(base)}`, 'latin1'));

  return {
    hello: hello.promise,
    ended: ended.promise,
    send(command, answered) {
      const id = ++sent;
      waiting.push({ id, answered });
      ending ||= command.letter === 'e';
      const line = `${command.letter} ${id} ${command.words}\n${command.names.map(nameLine).join('')}`;
      stdin.cork();
      stdin.write(Buffer.from(line, 'latin1'));
      if (command.payload !== undefined) {
        for (const piece of command.payload) stdin.write(piece);
        stdin.write('.\n');
      }
      process.nextTick(() => stdin.uncork());
    },
  };
}

function lost(message: string): KxError {
  return new KxError('KX_CONNECTION_LOST', message, { ran: 'maybe' });
}

function lossOf(error: unknown): KxError {
  return error instanceof KxError
    ? error
    : new KxError('KX_CONNECTION_LOST', String(error), { ran: 'maybe', cause: error });
}

function missing(message: string): KxError {
  return new KxError('KX_SHELL_MISSING', message, { ran: 'no' });
}

function shellMissing(error: unknown): unknown {
  const codes = ['KX_COMMAND_NOT_FOUND', 'KX_COMMAND_NOT_EXECUTABLE'];
  return error instanceof KxError && codes.includes(error.code) ? missing('the container has no sh') : error;
}
