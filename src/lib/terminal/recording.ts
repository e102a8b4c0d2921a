import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';
import type { TerminalSize } from '../process/index.ts';

export interface RecordingOptions {
  /** Must not exist yet: a recording never replaces a file. */
  readonly path: string;
  readonly size: TerminalSize;
  /** As a person would type it. */
  readonly command: string;
  /** Called once, when the file cannot be written any further; the session goes on. */
  readonly onFailure: (error: Error) => void;
}

/** A session in the asciicast v2 format (docs.asciinema.org/manual/asciicast/v2). */
export interface Recording {
  /** A stream that records what it is given and hands it on to `output`, with its errors and its pace. */
  through(output: Writable): Writable;
  resize(size: TerminalSize): void;
  /** Settles when all is in the file, or cannot be. */
  close(): Promise<void>;
}

/** Begins a recording in a new file that only its owner can read. Rejects with KX_USAGE when it cannot be made. */
export async function openRecording(options: RecordingOptions): Promise<Recording> {
  const { path, size, command, onFailure } = options;
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await once(file, 'open');
  } catch (error) {
    throw cannotRecord(path, error as NodeJS.ErrnoException);
  }
  let failed = false;
  file.on('error', (error) => {
    failed = true;
    onFailure(error);
  });
  const begun = performance.now();
  const put = async (line: unknown): Promise<void> => {
    if (failed || file.write(`${JSON.stringify(line)}\n`)) return;
    // A failure ends the waiting too; it has been told already.
    await Promise.race([once(file, 'drain'), once(file, 'close')]).catch(() => {});
  };
  const event = (kind: 'o' | 'r', data: string): Promise<void> =>
    put([Math.round((performance.now() - begun) * 1000) / 1_000_000, kind, data]);

  const { TERM, SHELL } = process.env;
  void put({ version: 2, ...size, timestamp: Math.floor(Date.now() / 1000), command, env: { TERM, SHELL } });
  return {
    through: (output) => recordInto(output, (text) => event('o', text)),
    resize: ({ width, height }) => void event('r', `${width}x${height}`),
    close: async () => {
      if (failed) return;
      file.end();
      await once(file, 'close').catch(() => {});
    },
  };
}

function recordInto(output: Writable, record: (text: string) => Promise<void>): Writable {
  // Keeps the beginning of a character whose end is in the next chunk.
  const decoder = new TextDecoder();
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const text = decoder.decode(chunk, { stream: true });
      const handed = new Promise<void>((resolve, reject) => {
        output.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      Promise.all([handed, text === '' ? undefined : record(text)]).then(() => done(), done);
    },
  });
}

function cannotRecord(path: string, error: NodeJS.ErrnoException): KxError {
  if (error.code === 'EEXIST') {
    return new KxError('KX_USAGE', `the file of --record exists already: ${path}`, {
      hint: 'a recording replaces no file',
    });
  }
  return new KxError('KX_USAGE', `cannot write the file of --record: ${error.message}`, { cause: error });
}
