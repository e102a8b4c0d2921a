import type { ReadableStream } from 'node:stream/web';

interface FileSink {
  write(bytes: Uint8Array): number | Promise<number>;
  /** Resolves when the kernel has taken everything. */
  flush(): number | Promise<number>;
  end(): number | Promise<number>;
}

interface Library {
  readonly symbols: Record<string, (...args: unknown[]) => number>;
}

/** What kx uses of bun. */
interface BunRuntime {
  /** Both ends poll the descriptor and leave closing it to the caller. */
  file(descriptor: number): { stream(): ReadableStream<Uint8Array>; writer(): FileSink };
  readonly FFI: {
    dlopen(path: string, symbols: Record<string, { args: string[]; returns: string }>): Library;
    readonly ptr: (array: ArrayBufferView) => unknown;
  };
}

/** The runtime kx is compiled into; undefined under Node. */
export const bun = (globalThis as { Bun?: BunRuntime }).Bun;
