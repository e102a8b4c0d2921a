import { closeSync, constants, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';
import type { TerminalSize } from '../process/index.ts';
import { bun } from './bun.ts';
import { readDescriptor, writeDescriptor } from './pipes.ts';

/** Requests of ioctl(2) on Linux, equal on x86-64 and arm64. */
const TIOCSWINSZ = 0x5414;
const TIOCSPTLCK = 0x4004_5431;
const TIOCGPTPEER = 0x5441;
const O_NOCTTY = 0x100;

/** A pseudo terminal. */
export interface Pty {
  /** The end for the child, to be closed here once the child has it. */
  readonly child: number;
  readonly input: Writable;
  /** Ends when the last process that has the terminal open is gone. */
  readonly output: Readable;
  readonly resize: (size: TerminalSize) => void;
}

/**
 * Opens a terminal of the devpts file system that `ptmx` belongs to: a container has its own, so that `tty` names it
 * there. Node offers no way to do this; bun calls the C library.
 */
export function openPty(ptmx: string, size: TerminalSize): Pty {
  if (bun === undefined || process.platform !== 'linux') {
    throw new KxError('KX_REMOTE', 'the sandbox has no terminals here: they need Linux and the built kubectl-kx');
  }
  const { ptr } = bun.FFI;
  const ioctl = loadIoctl();
  const master = openSync(ptmx, constants.O_RDWR | constants.O_NONBLOCK | O_NOCTTY);
  let open = true;
  const resize = ({ width, height }: TerminalSize): void => {
    if (open) ioctl(master, TIOCSWINSZ, ptr(new Uint16Array([height, width, 0, 0])));
  };
  resize(size);
  ioctl(master, TIOCSPTLCK, ptr(new Int32Array([0])));
  const child = ioctl(master, TIOCGPTPEER, constants.O_RDWR | O_NOCTTY);
  if (child < 0) {
    closeSync(master);
    throw new KxError('KX_REMOTE', `no terminal can be opened at ${ptmx}`);
  }
  const output = readDescriptor(master);
  output.once('close', () => (open = false));
  return { child, input: writeDescriptor(master, { keepOpen: true }), output, resize };
}

function loadIoctl(): (descriptor: number, request: number, argument: unknown) => number {
  const library = bun?.FFI.dlopen('libc.so.6', { ioctl: { args: ['int', 'u64', 'ptr'], returns: 'int' } });
  const ioctl = library?.symbols['ioctl'];
  if (ioctl === undefined) throw new KxError('KX_REMOTE', 'the C library cannot be loaded');
  return ioctl;
}
