import { randomBytes } from 'node:crypto';
import { KxError } from '../../errors/index.ts';
import type { Name } from '../entry.ts';
import type { Packing } from './packing.ts';
import { packedCommand, payloadOf, weigh, type Parcel } from './parcel.ts';
import type { Answer, Hello } from './receive-script.ts';
import { startReceiver, type Command, type Receiver } from './receiver.ts';
import type { RemoteEnd } from '../remote-end.ts';

/** Where a receiver works. */
export interface Base {
  readonly directory: Name;
  /** Looks at what is there, on every connection; what it throws ends the delivery. */
  check(hello: Hello): void;
  /** The error when it cannot be made or entered. */
  refused(said: readonly Name[]): KxError;
}

export interface DeliveryOptions {
  readonly nonce: string;
  readonly base: Base;
  /** Whether commands are batches that are better kept until they are whole. */
  readonly keepBatches: boolean;
  readonly packing: Packing;
  /** After a lost connection, before anything is sent again. */
  onReconnect(ask: (command: Command) => Promise<Answer>): Promise<void>;
}

/** Commands on their way to a container: in order, each until it is answered, over as many connections as that needs. */
export interface Delivery {
  /** The first line of the first receiver. */
  readonly hello: Promise<Hello>;
  /** What the last receiver said of itself. */
  readonly latest: Hello | undefined;
  /** What a command may carry: little when connections are lost before they have carried more. */
  readonly partBytes: number;
  /** The files that may have been left incomplete when this was stopped. */
  touched(): readonly Name[];
  post(parcel: Parcel): void;
  /** A command that needs no answer any more. */
  withdraw(parcel: Parcel): void;
  /** Resolves when there is room for more; rejects when the delivery has failed. */
  room(): Promise<void>;
  /** Resolves when everything was answered. */
  settled(): Promise<void>;
  /** Ends the receiver; resolves when it has left. */
  end(): Promise<void>;
  /** Gives up. */
  stop(reason: Error): void;
}

/** Bytes on their way before one more command; with a part of a file, what a connection of 1 Gbit/s and 60 ms holds. */
const windowBytes = 4 << 20;
const mostInPart = 4 << 20;
/** The same before it is known whether to compress: what is on its way is not compressed any more. */
const firstWindow = 2 << 20;
const firstPart = 256 * 1024;
const leastInPart = 64 * 1024;
/** Of what a connection has carried before it was lost, so much is under way at most, and so much is one part. */
const sentAhead = 1 / 4;
const inOnePart = 1 / 8;

/** A name for the receivers of one copy, which begins with its mark of eight digits. */
export function createReceiverNonce(mark = randomBytes(4).toString('hex')): string {
  return `kx-cp-${mark}${randomBytes(12).toString('hex')}`;
}

/** Starts a receiver and keeps one running. */
export function startDelivery(end: RemoteEnd, options: DeliveryOptions): Delivery {
  const pending = new Set<Parcel>();
  const first = Promise.withResolvers<Hello>();
  first.promise.catch(() => {});
  const closing = new AbortController();
  let bytes = 0;
  let connections = 0;
  let partBytes = options.packing.isReady ? mostInPart : firstPart;
  /** Bytes of the commands that the present connection has answered; undefined until commands are sent. */
  let carried: number | undefined;
  /** Of `pending`, what the present connection has not been given, and the bytes that it was given and has not answered. */
  let waiting: Parcel[] = [];
  let unanswered = 0;
  /** When the last answer came, in milliseconds; undefined: none has come yet. */
  let lastAnswer: number | undefined;
  /** How many those may be. A connection that was lost may be lost again soon: the next ones begin with little. */
  let most = Infinity;
  let { keepBatches } = options;
  let unpacks = true;
  /** The receiver that takes commands. */
  let open: Receiver | undefined;
  let latest: Hello | undefined;
  let failure: Error | undefined;
  let changed = Promise.withResolvers<true>();

  const wake = (): void => {
    changed.resolve(true);
    changed = Promise.withResolvers<true>();
  };
  const stop = (reason: unknown): void => {
    failure ??= reason instanceof Error ? reason : new KxError('KX_INTERNAL', String(reason));
    first.reject(failure);
    closing.abort(failure);
    end.signal.removeEventListener('abort', onAbort);
    wake();
  };
  const onAbort = (): void => stop(end.signal.reason);
  end.signal.addEventListener('abort', onAbort);

  const withdraw = (parcel: Parcel): void => {
    if (pending.delete(parcel)) bytes -= weigh(parcel);
    wake();
  };
  const send = (to: Receiver, parcel: Parcel): void => {
    const command = unpacks ? packedCommand(parcel) : parcel;
    const weight = weigh(command);
    unanswered += weight;
    carried ??= 0;
    const start = performance.now();
    to.send(command, (answer) => {
      if (failure !== undefined || to !== open) return;
      unanswered -= weight;
      // As in the slow start of TCP, and slower: what is lost is to be much less than what was carried.
      most += weight * sentAhead;
      const now = performance.now();
      // The first answer of a connection is late: the receiver has to start.
      if (lastAnswer !== undefined && answer.status === 0) {
        const ms = now - Math.max(start, lastAnswer);
        options.packing.note({ plain: payloadOf(parcel), sent: payloadOf(command), ms });
      }
      lastAnswer = now;
      if (pending.has(parcel)) take(parcel, answer);
      pump(to);
    });
  };
  const pump = (to: Receiver): void => {
    let sent = 0;
    for (const parcel of waiting) {
      if (unanswered > 0 && unanswered + weigh(unpacks ? packedCommand(parcel) : parcel) > most) break;
      sent++;
      if (pending.has(parcel)) send(to, parcel);
    }
    waiting = waiting.slice(sent);
  };
  const take = (parcel: Parcel, answer: Answer): void => {
    end.retry.progressed();
    carried = (carried ?? 0) + weigh(parcel);
    if (most < Infinity) partBytes = Math.max(partBytes, partFor(carried));
    else if (parcel.split !== undefined) partBytes = Math.min(partBytes * 2, mostInPart);
    try {
      // First, as it may post what is to be done instead.
      parcel.answered(answer);
      withdraw(parcel);
    } catch (error) {
      stop(error);
    }
  };

  /** A connection was lost: what is to come is cut to what it has carried, and batches when that was nothing. */
  const shrink = (carriedNow: number): void => {
    partBytes = partFor(carriedNow);
    const former = [...pending];
    pending.clear();
    bytes = 0;
    for (const parcel of former) {
      const isLarge = weigh(parcel) > 3 * partBytes && (carriedNow === 0 || parcel.letter === 'p');
      if (parcel.split !== undefined && isLarge) parcel.split(partBytes);
      else post(parcel);
    }
  };

  const connect = async (): Promise<Receiver> => {
    const { nonce, base } = options;
    closing.signal.throwIfAborted();
    const replaces = latest && -latest.pid;
    const next = await startReceiver(end, { nonce, replaces, keepBatches, base: base.directory }, closing.signal);
    const hello = await next.hello;
    sameContainer(latest, hello);
    base.check(hello);
    const again = connections++ > 0;
    latest = hello;
    // A receiver that cannot work there leaves, whatever is behind this.
    next.send({ letter: 'm', words: '', names: [] }, ({ status, said }) => {
      if (status !== 0) stop(base.refused(said));
    });
    if (again) await options.onReconnect(askOf(next));
    first.resolve(hello);
    return next;
  };

  const run = async (): Promise<void> => {
    for (;;) {
      try {
        const current = await connect();
        open = current;
        [waiting, unanswered, lastAnswer] = [[...pending], 0, undefined];
        pump(current);
        const how = await current.ended;
        open = undefined;
        most = leastInPart;
        if (how === 'end') return;
        if (how === 'unkept') keepBatches = false;
        else if (how === 'packed') {
          unpacks = false;
          options.packing.giveUp();
        } else throw how;
      } catch (error) {
        if (failure !== undefined) return;
        if (carried !== undefined) shrink(carried);
        carried = undefined;
        await end.retry.again(error);
      }
    }
  };
  const over = run().catch(stop);

  const until = async (done: () => boolean): Promise<void> => {
    while (failure === undefined && !done()) await changed.promise;
    if (failure !== undefined) throw failure;
  };
  const post = (parcel: Parcel): void => {
    pending.add(parcel);
    bytes += weigh(parcel);
    if (open === undefined) return;
    waiting.push(parcel);
    pump(open);
  };
  return {
    hello: first.promise,
    get latest() {
      return latest;
    },
    get partBytes() {
      return options.packing.isPacking ? Math.min(partBytes, mostInPart / 2) : partBytes;
    },
    touched() {
      // A receiver that keeps batches finishes one that it has begun, unless another took its place.
      if (latest === undefined || (latest.keepsBatches && connections === 1)) return [];
      const [next] = pending;
      return next?.touches?.() ?? [];
    },
    post,
    withdraw,
    room: () => until(() => bytes <= (options.packing.isReady ? windowBytes : firstWindow)),
    settled: () => until(() => pending.size === 0),
    async end() {
      post({ letter: 'e', words: '', names: [], answered: () => {} });
      await until(() => pending.size === 0);
      await over;
      end.signal.removeEventListener('abort', onAbort);
    },
    stop,
  };
}

/** How long a part is, whole blocks, where connections are lost that carry so much. */
function partFor(carried: number): number {
  const blocks = Math.floor((carried * inOnePart) / leastInPart);
  return Math.min(Math.max(blocks, 1) * leastInPart, mostInPart);
}

function sameContainer(before: Hello | undefined, now: Hello): void {
  if (before === undefined || before.identity === now.identity) return;
  throw new KxError('KX_TARGET_CHANGED', 'the container was started again while files were copied to it', {
    ran: 'yes',
    hint: 'what was copied to the former container may be gone: copy again',
  });
}

/** Sends a command that only this connection is to answer. */
function askOf(receiver: Receiver): (command: Command) => Promise<Answer> {
  return async (command) => {
    const answer = Promise.withResolvers<Answer>();
    receiver.send(command, answer.resolve);
    const first = await Promise.race([answer.promise, receiver.ended]);
    if (typeof first === 'object' && 'status' in first) return first;
    throw first instanceof KxError ? first : new KxError('KX_CONNECTION_LOST', 'the receiver ended', { ran: 'maybe' });
  };
}
