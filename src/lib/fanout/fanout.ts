import { toKxError, type KxError } from '../errors/index.ts';
import type { FanoutOptions, Task } from './options.ts';
import type { Outcome, Skipped } from './outcome.ts';

/**
 * Runs the task on each target once and gives every target's outcome as it ends; those that were not launched come last, in
 * their order. Targets are taken one by one, as there is room for them.
 *
 * An outcome that nobody has taken yet keeps its place in the window, so a slow consumer slows the launching down and nothing
 * piles up. To leave the loop launches no more, and waits for nobody. Throws what the targets throw, after the
 * outcomes of all that were launched.
 */
export async function* fanout<T, R>(
  targets: AsyncIterable<T> | Iterable<T>,
  task: Task<T, R>,
  options: FanoutOptions<R>,
): AsyncGenerator<Outcome<T, R>, void, undefined> {
  const window = new Window(targets, task, options);
  try {
    for (;;) {
      window.launch();
      const outcome = window.takeEnded();
      if (outcome !== undefined) {
        window.launch();
        yield outcome;
      } else if (window.isOver) break;
      else await window.change();
    }
    yield* window.skipRest();
  } finally {
    window.close();
  }
}

/** One target on its way. */
interface Ticket<T> {
  readonly target: T;
  readonly index: number;
  attempts: number;
  startedAt: number;
}

/** A target that is to be tried again. */
interface Retry<T> {
  readonly ticket: Ticket<T>;
  /** Why the last attempt failed. */
  readonly error: KxError;
}

class Window<T, R> {
  readonly #task: Task<T, R>;
  readonly #options: FanoutOptions<R>;
  readonly #source: Iterator<T> | AsyncIterator<T>;
  readonly #ended: Outcome<T, R>[] = [];
  /** The next target that was never launched, once it is known. */
  #next: Ticket<T> | undefined;
  readonly #dueRetries: Retry<T>[] = [];
  readonly #pausingRetries = new Map<Retry<T>, NodeJS.Timeout>();
  #running = 0;
  #failures = 0;
  #taken = 0;
  #launchedInBatch = 0;
  #batchTimer: NodeJS.Timeout | undefined;
  #pulling = false;
  #exhausted = false;
  #sourceError: { readonly thrown: unknown } | undefined;
  #bell = Promise.withResolvers<true>();
  readonly #ring = (): void => this.#bell.resolve(true);

  constructor(targets: AsyncIterable<T> | Iterable<T>, task: Task<T, R>, options: FanoutOptions<R>) {
    this.#task = task;
    this.#options = options;
    this.#source = Symbol.asyncIterator in targets ? targets[Symbol.asyncIterator]() : targets[Symbol.iterator]();
    options.signal?.addEventListener('abort', this.#ring);
  }

  /** Nothing runs, and nothing more will. */
  get isOver(): boolean {
    if (this.#running > 0 || this.#ended.length > 0 || this.#pulling) return false;
    if (this.#stopped !== undefined || this.#sourceError !== undefined) return true;
    return this.#exhausted && this.#next === undefined && !this.#hasRetries;
  }

  /** Resolves when something may have become different since the last call. */
  async change(): Promise<void> {
    await this.#bell.promise;
    this.#bell = Promise.withResolvers();
  }

  takeEnded(): Outcome<T, R> | undefined {
    return this.#ended.shift();
  }

  /** Launches what there is room for. */
  launch(): void {
    if (this.#stopped !== undefined || this.#sourceError !== undefined) {
      this.#endRetries();
      return;
    }
    while (this.#running + this.#ended.length < this.#options.parallelism) {
      const ticket = this.#dueRetries.shift()?.ticket ?? this.#takeNew();
      if (ticket === undefined) return;
      void this.#run(ticket);
    }
  }

  /** The outcomes of what was never launched. */
  async *skipRest(): AsyncGenerator<Skipped<T>, void, undefined> {
    if (this.#sourceError !== undefined) throw this.#sourceError.thrown;
    const why = this.#stopped;
    if (why === undefined) return;
    const skip = ({ target, index }: Pick<Ticket<T>, 'target' | 'index'>): Skipped<T> => {
      return { kind: 'skipped', target, index, why };
    };
    if (this.#next !== undefined) yield skip(this.#next);
    while (!this.#exhausted) {
      const next = await this.#source.next();
      if (next.done === true) this.#exhausted = true;
      else yield skip({ target: next.value, index: this.#taken++ });
    }
  }

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#ring);
    clearTimeout(this.#batchTimer);
    for (const timer of this.#pausingRetries.values()) clearTimeout(timer);
    if (!this.#exhausted) void Promise.resolve(this.#source.return?.()).catch(() => {});
  }

  get #stopped(): Skipped<T>['why'] | undefined {
    if (this.#options.signal?.aborted === true) return 'canceled';
    return this.#failures >= (this.#options.maxFailures ?? Infinity) ? 'failures' : undefined;
  }

  get #hasRetries(): boolean {
    return this.#dueRetries.length > 0 || this.#pausingRetries.size > 0;
  }

  /** The next target that was not launched yet, if its batch has begun; else sees to it that there will be one. */
  #takeNew(): Ticket<T> | undefined {
    if (this.#next === undefined) {
      if (!this.#exhausted && !this.#pulling) void this.#pull();
      return undefined;
    }
    if (!this.#isInBatch()) return undefined;
    const ticket = this.#next;
    this.#next = undefined;
    this.#launchedInBatch++;
    return ticket;
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      const next = await this.#source.next();
      if (next.done === true) this.#exhausted = true;
      else this.#next = { target: next.value, index: this.#taken++, attempts: 0, startedAt: 0 };
    } catch (thrown) {
      this.#exhausted = true;
      this.#sourceError = { thrown };
    }
    this.#pulling = false;
    this.#ring();
  }

  /** Whether one more belongs to the batch that runs; the next batch begins a pause after the end of the last. */
  #isInBatch(): boolean {
    const { batches } = this.#options;
    if (batches === undefined || this.#launchedInBatch < batches.size) return true;
    if (this.#running > 0 || this.#hasRetries) return false;
    this.#batchTimer ??= setTimeout(() => {
      this.#batchTimer = undefined;
      this.#launchedInBatch = 0;
      this.#ring();
    }, batches.pauseMs);
    return false;
  }

  async #run(ticket: Ticket<T>): Promise<void> {
    this.#running++;
    ticket.attempts++;
    if (ticket.attempts === 1) ticket.startedAt = Date.now();
    try {
      const value = await this.#task(ticket.target, { index: ticket.index, attempt: ticket.attempts });
      if (this.#options.hasFailed?.(value) === true) this.#failures++;
      this.#ended.push({ ...ticket, endedAt: Date.now(), kind: 'done', value });
    } catch (thrown) {
      const retry = { ticket, error: toKxError(thrown) };
      if (this.#isWorthwhile(retry)) this.#pause(retry);
      else this.#fail(retry);
    }
    this.#running--;
    this.#ring();
  }

  #isWorthwhile({ ticket, error }: Retry<T>): boolean {
    const { retries } = this.#options;
    if (retries === undefined || ticket.attempts > retries.times || this.#stopped !== undefined) return false;
    return error.ran === 'no' && retries.isWorthwhile(error);
  }

  #pause(retry: Retry<T>): void {
    const due = (): void => {
      this.#pausingRetries.delete(retry);
      this.#dueRetries.push(retry);
      this.#ring();
    };
    this.#pausingRetries.set(retry, setTimeout(due, this.#options.retries?.pauseMs(retry.ticket.attempts)));
  }

  /** Nothing is launched any more: what waits for another attempt has ended with the error of its last one. */
  #endRetries(): void {
    for (const timer of this.#pausingRetries.values()) clearTimeout(timer);
    for (const retry of [...this.#dueRetries, ...this.#pausingRetries.keys()]) this.#fail(retry);
    this.#dueRetries.length = 0;
    this.#pausingRetries.clear();
  }

  #fail({ ticket, error }: Retry<T>): void {
    this.#failures++;
    this.#ended.push({ ...ticket, endedAt: Date.now(), kind: 'error', error });
  }
}
