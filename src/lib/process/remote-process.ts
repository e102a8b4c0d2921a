import type { Readable, Writable } from 'node:stream';

/** What the way to a remote command can do beyond carrying bytes. */
export type Capability =
  /** The end of stdin can be told to the command while its output goes on (v5.channel.k8s.io). */
  | 'half-close'
  /** `signal()` reaches the command and its children. */
  | 'signal'
  /** `started` resolves to 'confirmed' by a proof, not by an upgrade. */
  | 'start-ack'
  /** `ExitStatus.proven` is true when the command really ended. */
  | 'proven-end'
  | 'env'
  | 'cwd';

export type Signal = 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';

/** Columns and rows of a terminal, in character cells. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** How a command ended. A non-zero code is an answer, not an error. */
export interface ExitStatus {
  /** 0 to 255; 128 + n for a command ended by signal n. */
  readonly code: number;
  /** True when something besides the server's Status proves that the command ran to its end. */
  readonly proven: boolean;
  /** Whether the command ended while input was left that it never took; 'unknown' where that cannot be told. */
  readonly inputLeft: 'none' | 'some' | 'unknown';
  /** Bytes of stdin that were handed to the connection. */
  readonly inputSent: number;
  /** How kx knows, for `-v`. */
  readonly reason: string;
}

/** What to run. At least one word in `command`. */
export interface ExecRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  /** False: the end of stdin is told to the command by other means than 'half-close'. */
  readonly halfClose?: false;
  /** The size of the terminal to give it, or null for none. Under a terminal stderr is merged into stdout. */
  readonly tty: TerminalSize | null;
  /** Needs the capability 'env'. */
  readonly env?: Readonly<Record<string, string>>;
  /** Needs the capability 'cwd'. */
  readonly cwd?: string;
}

/**
 * A remote command is a value: three streams and an ending.
 *
 * Flow control is per connection: a paused stdout holds stderr and the ending too, so consume both outputs side by
 * side. Destroying an output means "discard", not "disconnect". An AbortSignal governs until the call that made the
 * process resolves; from then on `signal()` and `disconnect()` do.
 */
export interface RemoteProcess {
  /** null: not asked for. Without 'half-close', `end()` fails with KX_STDIN_END instead of hanging. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** null under a terminal: merged into stdout. */
  readonly stderr: Readable | null;
  /**
   * 'confirmed' when something proves that the command runs; a successful upgrade does not: the apiserver upgrades the
   * client before it dials the kubelet. Never rejects; 'assumed' when the process ends without a proof.
   */
  readonly started: Promise<'confirmed' | 'assumed'>;
  /**
   * Settles after the last byte was handed to the streams. Rejects (KxError) only when the command never started or its
   * ending is unknown.
   */
  readonly exit: Promise<ExitStatus>;
  readonly can: ReadonlySet<Capability>;
  /** For `-v`: what was negotiated, as in "v4.channel.k8s.io". */
  readonly protocol: string;
  /** The latest size wins; without a terminal it does nothing. */
  resize(size: TerminalSize): void;
  /** Sends a signal to the command and its children. Never rejects: what could not be done is 'unsupported'. */
  signal(name: Signal): Promise<'delivered' | 'unsupported'>;
  /** Drops the connection; `exit` rejects with `reason` if it has not settled. The command may go on. */
  disconnect(reason?: Error): void;
}
