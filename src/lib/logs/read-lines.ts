import { KxError } from '../errors/index.ts';
import { toLost } from './failures.ts';
import { readChunks } from './chunks.ts';
import type { LogBatch, LogSource, OutputStream } from './line.ts';
import type { SilenceWatch } from './silence.ts';
import { createLineSplitter } from './split-lines.ts';

/** Lines that are followed come together within this time. Milliseconds. */
const gather = 40;

/** What is to be known of a stream of lines. */
export interface LinesOptions {
  readonly source: LogSource;
  readonly stream?: OutputStream | undefined;
  /** See createLineSplitter. */
  readonly skip?: { readonly at: string; readonly given: number } | undefined;
  /** A stream that is followed may have broken off within a line: bytes behind the last line feed are not given. */
  readonly isFollowed: boolean;
  /** Tells a frozen connection from a silent log. */
  readonly silence?: SilenceWatch | undefined;
  /** Told at the end, where a line was given in part: what to skip when the log is opened again. */
  readonly onOpenLine?: ((open: { readonly at: string; readonly given: number } | undefined) => void) | undefined;
}

/**
 * The lines of a log that was opened with timestamps. Ends with the stream; throws KX_CONNECTION_LOST when that breaks off,
 * and KX_REMOTE with the words of the kubelet where those stand in the place of a line. A loop that leaves ends the stream.
 */
export async function* readLines(
  body: NodeJS.ReadableStream,
  options: LinesOptions,
): AsyncGenerator<LogBatch, undefined> {
  const { source, stream, skip, isFollowed, onOpenLine, silence } = options;
  const splitter = createLineSplitter(source, stream, skip);
  const what = `the log of ${source.pod}`;
  try {
    for await (const chunks of readChunks(body, isFollowed ? gather : 0, silence)) {
      // Servers send chunks of few lines: joined, hardly a line is in two of them.
      const [first] = chunks;
      const lines = splitter.push(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
      if (lines.length > 0) yield lines;
      if (splitter.foreign !== undefined) break;
    }
  } catch (error) {
    throw toLost(error, what);
  } finally {
    onOpenLine?.(splitter.open);
  }
  const last = splitter.finish();
  if (last !== undefined && !isFollowed) yield [last];
  const { foreign } = splitter;
  if (foreign === undefined) return;
  throw new KxError('KX_REMOTE', `reading ${what} failed on the node: ${foreign}`, {
    ran: 'yes',
    details: { status: '500' },
  });
}
