import { PassThrough } from 'node:stream';
import type { ExitStatus, RemoteProcess } from '../../../lib/process/index.ts';
import { pauseProcess } from './main-process.ts';
import { readSize, readWords, wrap, type WordReaders } from './words.ts';

/** What a container without a command says of itself. */
export interface Generator {
  /** Lines a second. */
  readonly rate: number;
  /** Bytes of a line without its newline, at least those of its number. */
  readonly length: number;
  /** After so many it ends with exit code 0. */
  readonly lines: number;
}

/** The annotation of a pod that asks for log lines. */
const logAnnotation = 'sandbox.kx.dev/log';

const number = (text: string | undefined): number | undefined => (/^\d+$/.test(text ?? '') ? Number(text) : undefined);

const readers: WordReaders<Partial<Generator>> = {
  rate: (value) => wrap(number(value) || undefined, (rate) => ({ rate })),
  length: (value) => wrap(readSize(value), (length) => ({ length })),
  lines: (value) => wrap(number(value), (lines) => ({ lines })),
};

/** Reads what the containers of a pod say, as in `rate=100 length=80 lines=1000`; undefined: nothing. */
export function parseGenerator(
  annotations: Readonly<Record<string, string>> | undefined,
  where: string,
): Generator | undefined {
  const text = annotations?.[logAnnotation];
  if (text === undefined) return undefined;
  return { rate: 1, length: 0, lines: Infinity, ...readWords(text, readers, { where, what: 'word about logs' }) };
}

const tickMs = 50;

/** A process of no program, which numbers its lines from 1; disconnect() ends it. */
export function generateLines({ rate, length, lines }: Generator): RemoteProcess {
  const stdout = new PassThrough();
  const begin = performance.now();
  let made = 0;
  let settle: (status: ExitStatus) => void = () => {};
  const exit = new Promise<ExitStatus>((resolve) => (settle = resolve));
  const end = (): void => {
    clearInterval(timer);
    stdout.end();
    settle({ code: 0, proven: true, inputLeft: 'none', inputSent: 0, reason: 'the last line was made' });
  };
  const tick = (): void => {
    const due = Math.min(lines, Math.floor(((performance.now() - begin) / 1000) * rate));
    let block = '';
    while (made < due) {
      const text = String(++made);
      block += `${text}${length > text.length ? ` ${'x'.repeat(length - text.length - 1)}` : ''}\n`;
    }
    if (block !== '') stdout.write(block);
    if (made >= lines) end();
  };
  const timer = setInterval(tick, tickMs);
  timer.unref();
  return { ...pauseProcess(), stdout, exit, disconnect: end };
}
