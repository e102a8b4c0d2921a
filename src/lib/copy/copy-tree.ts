import { KxError } from '../errors/index.ts';
import { displayName } from './display-name.ts';
import type { Entry, TreeReader, TreeWriter } from './entry.ts';

/** What has been copied so far. */
export interface Progress {
  /** Counts what was written, with every piece of a body. */
  onEntry(entry: Entry): void;
  onBytes(count: number): void;
}

/**
 * Copies everything that the reader has. Resolves when the writer has it whole. When either side fails, what is not complete
 * is taken back, and the error is thrown with the paths that could not be.
 */
export async function copyTree(reader: TreeReader, writer: TreeWriter, progress: Progress): Promise<void> {
  try {
    for await (const entry of reader.entries()) {
      progress.onEntry(entry);
      await writer.write(entry.size === 0 ? entry : { ...entry, body: counted(entry.body, progress) });
    }
    await writer.finish();
  } catch (error) {
    throw await withLeftovers(error, writer);
  }
}

async function* counted(body: AsyncIterable<Buffer>, progress: Progress): AsyncIterable<Buffer> {
  for await (const piece of body) {
    progress.onBytes(piece.length);
    yield piece;
  }
}

async function withLeftovers(error: unknown, writer: TreeWriter): Promise<unknown> {
  const left = await writer.abort();
  if (left.length === 0 || !(error instanceof KxError)) return error;
  const names = left.slice(0, 3).map(displayName).join(', ');
  const more = left.length > 3 ? ` and ${left.length - 3} more` : '';
  const hint = [error.hint, `incomplete: ${names}${more}`].filter(Boolean).join('; ');
  return new KxError(error.code, error.message, { ran: error.ran, exit: error.exit, cause: error, hint });
}
