/** The mode of the terminal that stdin is. */
export interface TerminalMode {
  /** Passes every byte both ways unchanged. Can be called again, after something else has changed the mode. */
  makeRaw(): void;
  /** Back to what it was before the first `makeRaw`. Safe at any time, and in an exit handler. */
  restore(): void;
}

interface Signature {
  readonly args: readonly ('i32' | 'ptr')[];
  readonly returns: 'i32' | 'void';
}

/** The part of bun's foreign function interface that is needed here. */
interface Ffi {
  dlopen<Name extends string>(
    library: string,
    symbols: Readonly<Record<Name, Signature>>,
  ): { readonly symbols: Readonly<Record<Name, (...args: (number | Uint8Array)[]) => number>> };
}

/** Opens the mode of stdin, which must be a terminal. */
export function openTerminalMode(): TerminalMode {
  return openByLibc() ?? openByRuntime();
}

/** Larger than `struct termios` is anywhere. */
const termiosSpace = 256;
/** TCSADRAIN for `tcsetattr` would wait for a terminal that does not read. */
const now = 0;

/**
 * cfmakeraw is what kubectl does too. The raw mode of bun and node is not enough: it leaves OPOST on, and a line feed that an
 * editor sends to move the cursor straight down would also return it to the first column.
 */
function openByLibc(): TerminalMode | undefined {
  const library = { linux: 'libc.so.6', darwin: 'libSystem.B.dylib' }[process.platform as string];
  const { Bun: bun } = globalThis as { Bun?: { FFI: Ffi } };
  if (bun === undefined || library === undefined) return undefined;
  const { tcgetattr, tcsetattr, cfmakeraw } = bun.FFI.dlopen(library, {
    tcgetattr: { args: ['i32', 'ptr'], returns: 'i32' },
    tcsetattr: { args: ['i32', 'i32', 'ptr'], returns: 'i32' },
    cfmakeraw: { args: ['ptr'], returns: 'void' },
  }).symbols;
  const before = new Uint8Array(termiosSpace);
  if (tcgetattr(0, before) !== 0) return undefined;
  const raw = before.slice();
  cfmakeraw(raw);
  return {
    makeRaw: () => void tcsetattr(0, now, raw),
    restore: () => void tcsetattr(0, now, before),
  };
}

function openByRuntime(): TerminalMode {
  return {
    // libuv does nothing when it believes that the mode is raw already.
    makeRaw: () => void process.stdin.setRawMode(false).setRawMode(true),
    restore: () => void process.stdin.setRawMode(false),
  };
}
