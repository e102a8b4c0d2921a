import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** An output that several sources share: what one hands over at once is never broken by another. */
export interface LineOutput {
  /** Resolves when there is room for more. Rejects with the error of the output when it cannot be written any more. */
  write(bytes: Buffer): Promise<void>;
  /** The same for more than is in memory; the others wait meanwhile. */
  writeAll(pieces: AsyncIterable<Buffer>): Promise<void>;
}

/** `onWrite` is told before each write. */
export function shareOutput(output: Writable, onWrite: () => void = () => {}): LineOutput {
  let held: Promise<true> | undefined;
  const put = async (bytes: Buffer): Promise<void> => {
    if (output.errored !== null) throw output.errored;
    onWrite();
    if (output.write(bytes)) return;
    await drained();
  };
  let draining: Promise<void> | undefined;
  /** One listener for all who wait. */
  const drained = (): Promise<void> => {
    draining ??= once(output, 'drain')
      .then(() => {})
      .finally(() => (draining = undefined));
    return draining;
  };
  return {
    async write(bytes) {
      while (held !== undefined) await held;
      await put(bytes);
    },
    async writeAll(pieces) {
      while (held !== undefined) await held;
      const release = Promise.withResolvers<true>();
      held = release.promise;
      try {
        for await (const piece of pieces) await put(piece);
      } finally {
        held = undefined;
        release.resolve(true);
      }
    },
  };
}
