import { KxError } from '../errors/index.ts';
import { displayName } from './display-name.ts';
import type { Entry, Remains, TreeReader, TreeWriter } from './entry.ts';

/** What has been copied so far. */
export interface Progress {
  /** Counts what was written, with every piece of a body. */
  onEntry(entry: Entry): void;
  onBytes(count: number): void;
  /** Bytes of a body that an earlier copy has brought. */
  onKept?(count: number): void;
  /** The copy was given up: what there is of it at the destination. */
  onStopped?(remains: Remains): void;
}

/**
 * Copies everything that the reader has. Resolves when the writer has it whole. When either side fails, what is not complete
 * is taken back or kept, as TreeWriter.abort says, and the error is thrown with the paths that could not be taken back.
 */
export async function copyTree(reader: TreeReader, writer: TreeWriter, progress: Progress): Promise<void> {
  try {
    for await (const entry of reader.entries()) {
      progress.onEntry(entry);
      await writer.write(entry.size === 0 ? entry : counted(entry, progress));
    }
    await writer.finish();
  } catch (error) {
    const remains = await writer.abort(error);
    progress.onStopped?.(remains);
    throw withLeftovers(error, remains);
  }
}

function counted(entry: Entry, progress: Progress): Entry {
  const { body, content, after } = entry;
  if (content !== undefined) {
    progress.onBytes(content.length);
    return entry;
  }
  const same = { ...entry, body: countedBody(body, progress) };
  if (after === undefined) return same;
  return {
    ...same,
    after: async (prefix) => {
      const rest = await after(prefix);
      if (rest !== undefined) progress.onKept?.(prefix.length);
      return rest && countedBody(rest, progress);
    },
  };
}

async function* countedBody(body: AsyncIterable<Buffer>, progress: Progress): AsyncIterable<Buffer> {
  for await (const piece of body) {
    progress.onBytes(piece.length);
    yield piece;
  }
}

function withLeftovers(error: unknown, { incomplete }: Remains): unknown {
  if (incomplete.length === 0 || !(error instanceof KxError)) return error;
  const names = incomplete.slice(0, 3).map(displayName).join(', ');
  const more = incomplete.length > 3 ? ` and ${incomplete.length - 3} more` : '';
  const hint = [error.hint, `incomplete: ${names}${more}`].filter(Boolean).join('; ');
  return new KxError(error.code, error.message, { ran: error.ran, exit: error.exit, cause: error, hint });
}
