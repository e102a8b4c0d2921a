import type { Output } from './output.ts';

/** How often is looked, in milliseconds. */
const lookEvery = 500;
/** Of poll(2): the reader is gone; on macOS POLLHUP says it. */
const [pollError, pollHangUp] = [8, 16];

/** The part of bun's foreign function interface that is needed here. */
interface Ffi {
  dlopen(
    library: string,
    symbols: { readonly poll: { readonly args: readonly string[]; readonly returns: 'i32' } },
  ): { readonly symbols: { readonly poll: (descriptors: Uint8Array, count: number, milliseconds: number) => number } };
}

/**
 * Notices that nobody reads an output any more while nothing is written to it: a pipe without a reader tells that only who
 * writes or polls. The output then fails with EPIPE, as by a write. Gives back what ends the watch. Does nothing where poll(2)
 * cannot be called: on Windows, and in Node.
 */
export function watchReader(output: Output): () => void {
  const library = { linux: 'libc.so.6', darwin: 'libSystem.B.dylib' }[process.platform as string];
  const { Bun: bun } = globalThis as { Bun?: { FFI: Ffi } };
  if (bun === undefined || library === undefined) return () => {};
  const { poll } = bun.FFI.dlopen(library, { poll: { args: ['ptr', 'u32', 'i32'], returns: 'i32' } }).symbols;
  // struct pollfd: the descriptor, what is waited for (errors always are), what has happened.
  const descriptor = new Uint8Array(Int32Array.of(output.fd, 0).buffer);
  const timer = setInterval(() => {
    if (poll(descriptor, 1, 0) !== 1 || ((descriptor[6] ?? 0) & (pollError | pollHangUp)) === 0) return;
    clearInterval(timer);
    output.destroy(Object.assign(new Error('nobody reads the output'), { code: 'EPIPE' }));
  }, lookEvery);
  timer.unref();
  return () => clearInterval(timer);
}
