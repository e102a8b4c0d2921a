import { Readable, Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';
import type { Capability, ExecRequest, ExitStatus, RemoteProcess, TerminalSize } from '../process/index.ts';
import type { FrameLink, LinkEnding } from './frame-link.ts';
import { exitCodeOf } from './status.ts';
import { channels, v4 } from './subprotocol.ts';

/** Larger messages upward cost the servers fewer wake-ups; more than this gains nothing (docs/benchmarks.md). */
const maxStdinMessage = 512 * 1024;
const stdinHighWater = 1 << 20;
const outputHighWater = 1 << 20;
/** How long a server may take to close after its Status, in milliseconds. */
const closePatience = 2000;

/** The client half: a remote command on the other end of a link, as a value. The request was sent with the upgrade. */
export function connectProcess(link: FrameLink, request: ExecRequest): RemoteProcess {
  return new LinkedProcess(link, request);
}

/** The error of a stdin that ends under a subprotocol without 'half-close'. */
function inputEndRefused(protocol: string): KxError {
  return new KxError(
    'KX_STDIN_END',
    `the server speaks only ${protocol}: the command cannot be told that its input ended`,
    { ran: 'maybe', hint: 'Kubernetes 1.30 and newer can (v5.channel.k8s.io)' },
  );
}

/** The same bytes in messages that are as large as they may be. */
function* messagesOf(pieces: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length > 0 && length + piece.length > maxStdinMessage) {
      yield Buffer.concat(small, length);
      [small, length] = [[], 0];
    }
    if (length + piece.length <= maxStdinMessage) {
      small.push(piece);
      length += piece.length;
    } else {
      for (let at = 0; at < piece.length; at += maxStdinMessage) yield piece.subarray(at, at + maxStdinMessage);
    }
  }
  if (length > 0) yield small.length === 1 ? (small[0] ?? Buffer.alloc(0)) : Buffer.concat(small, length);
}

class LinkedProcess implements RemoteProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  readonly started: Promise<'confirmed' | 'assumed'>;
  readonly exit: Promise<ExitStatus>;
  readonly can: ReadonlySet<Capability>;
  readonly protocol: string;
  readonly #link: FrameLink;
  readonly #tty: boolean;
  #start!: (how: 'confirmed' | 'assumed') => void;
  #settle!: (status: ExitStatus) => void;
  #fail!: (error: unknown) => void;
  #status: number | KxError | undefined;
  #over = false;
  #heardOutput = false;
  #sent = 0;
  #stdinEnded = false;
  #resumeStdin: (() => void) | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  readonly #full = new Set<Readable>();

  constructor(link: FrameLink, request: ExecRequest) {
    this.#link = link;
    this.#tty = request.tty !== null;
    this.protocol = link.subprotocol;
    this.can = new Set<Capability>(link.subprotocol === v4 ? [] : ['half-close']);
    this.started = new Promise((resolve) => (this.#start = resolve));
    this.exit = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    // A consumer that looks at `exit` only after the streams must not crash the program before.
    this.exit.catch(() => {});
    this.stdin = request.stdin ? this.#createStdin() : null;
    this.stdout = this.#createOutput();
    this.stderr = request.tty === null ? this.#createOutput() : null;
    link.listen({
      onFrame: (channel, bytes) => this.#onFrame(channel, bytes),
      onDrain: () => this.#releaseStdin(),
      onEnd: (ending) => this.#onEnd(ending),
    });
    if (request.tty !== null) this.resize(request.tty);
  }

  resize(size: TerminalSize): void {
    if (!this.#tty || this.#status !== undefined) return;
    this.#link.send(channels.resize, Buffer.from(JSON.stringify({ Width: size.width, Height: size.height })));
  }

  signal(): Promise<'unsupported'> {
    return Promise.resolve('unsupported');
  }

  disconnect(reason?: Error): void {
    if (this.#over) return;
    this.#end();
    this.#fail(
      reason ?? new KxError('KX_CONNECTION_LOST', 'the connection was dropped by this side', { ran: 'maybe' }),
    );
    this.#link.abort(reason?.message ?? 'disconnected');
  }

  #createStdin(): Writable {
    const write = (pieces: readonly Buffer[], done: (error?: Error | null) => void): void => {
      if (this.#over || this.#status !== undefined) return done();
      let open = true;
      for (const message of messagesOf(pieces)) {
        open = this.#link.send(channels.stdin, message);
        this.#sent += message.length;
      }
      if (open) done();
      else this.#resumeStdin = done;
    };
    return new Writable({
      highWaterMark: stdinHighWater,
      write: (chunk: Buffer, _encoding, done) => write([chunk], done),
      writev: (items, done) =>
        write(
          items.map((item) => item.chunk as Buffer),
          done,
        ),
      final: (done) => this.#endStdin(done),
      destroy: (error, done) => {
        this.#releaseStdin();
        done(error);
      },
    });
  }

  #endStdin(done: (error?: Error | null) => void): void {
    if (this.#over || this.#status !== undefined) return done();
    this.#stdinEnded = true;
    if (this.can.has('half-close')) {
      this.#link.send(channels.close, Buffer.from([channels.stdin]));
      return done();
    }
    done(inputEndRefused(this.protocol));
  }

  #releaseStdin(): void {
    const resume = this.#resumeStdin;
    this.#resumeStdin = undefined;
    resume?.();
  }

  #createOutput(): Readable {
    const output: Readable = new Readable({
      highWaterMark: outputHighWater,
      read: () => this.#wants(output),
      destroy: (error, done) => {
        this.#wants(output);
        done(error);
      },
    });
    return output;
  }

  #wants(output: Readable): void {
    if (this.#full.delete(output) && this.#full.size === 0) this.#link.resume();
  }

  #push(output: Readable | null, bytes: Buffer): void {
    if (!this.#heardOutput) {
      this.#heardOutput = true;
      this.#start('confirmed');
    }
    if (output === null || output.destroyed || output.push(bytes)) return;
    this.#full.add(output);
    this.#link.pause();
  }

  #onFrame(channel: number, bytes: Buffer): void {
    if (this.#over) return;
    if (channel === channels.stdout) this.#push(this.stdout, bytes);
    else if (channel === channels.stderr) this.#push(this.stderr, bytes);
    else if (channel === channels.error) this.#onStatus(bytes);
    if (this.#status !== undefined) this.#waitForClose();
  }

  #onStatus(message: Buffer): void {
    if (this.#status !== undefined) return;
    this.#status = exitCodeOf(message);
    if (typeof this.#status === 'number') this.#start('confirmed');
    // From here on nothing more is sent: a frame that meets a closed socket draws a reset that discards output.
    this.#releaseStdin();
  }

  /** The server closes after its Status; one that does not is closed after a pause in which nothing more came. */
  #waitForClose(): void {
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => {
      if (this.#full.size > 0) this.#waitForClose();
      else this.#onEnd({ clean: true, code: 1000, reason: '' });
    }, closePatience);
  }

  #onEnd(ending: LinkEnding): void {
    if (this.#over) return;
    this.#end();
    if (this.#status === undefined) this.#fail(this.#lost(ending));
    else if (typeof this.#status === 'number') this.#settle(this.#exitStatus(this.#status));
    else this.#fail(this.#status);
    this.#link.close();
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#closeTimer);
    this.#start('assumed');
    for (const output of [this.stdout, this.stderr]) output?.push(null);
    this.#releaseStdin();
    if (this.stdin?.writableEnded === false) this.stdin.destroy();
  }

  #exitStatus(code: number): ExitStatus {
    const inputLeft = this.stdin === null ? 'none' : !this.#stdinEnded ? 'some' : this.#sent === 0 ? 'none' : 'unknown';
    return {
      code,
      proven: false,
      inputLeft,
      inputSent: this.#sent,
      reason: `the server sent the Status of the command (${this.protocol})`,
    };
  }

  #lost(ending: LinkEnding): KxError {
    const how = ending.reason === '' ? `close code ${ending.code}` : `close code ${ending.code}: ${ending.reason}`;
    return new KxError('KX_CONNECTION_LOST', `the connection ended without the status of the command (${how})`, {
      ran: 'maybe',
      hint: 'the command may have ended, or may still be running',
    });
  }
}
