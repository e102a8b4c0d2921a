import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { endProcessAfterwards } from './ending.ts';
import { limitTime } from './program.ts';

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until a wait fails. Default 30 000. */
  readonly timeout?: number;
}

/** A command with a pseudo terminal of its own, as its controlling terminal. */
export interface Pty {
  readonly pid: number;
  /** Everything on the screen so far. */
  screen(): string;
  write(text: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until what came after the last `sees` matches. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ code: number; signal: string | null }>;
  /** Hangs up before that. */
  close(): void;
}

type Event = { pid: number } | { data: string } | { code: number; signal: string | null };

const bun = resolve(import.meta.dirname, '../../node_modules/.bin/bun');

/** Runs a command in a new pseudo terminal, which is hung up when the test is over. */
export async function openPty(command: readonly string[], options: PtyOptions = {}): Promise<Pty> {
  const timeout = options.timeout ?? 30_000;
  const driver = spawn(bun, [resolve(import.meta.dirname, 'pty-driver.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  endProcessAfterwards(driver);
  driver.stdin.on('error', () => {});
  const order = (value: object) => void driver.stdin.write(`${JSON.stringify(value)}\n`);
  let screen = '';
  let seen = 0;
  const watchers = new Set<() => void>();
  const started = Promise.withResolvers<number>();
  const ending = Promise.withResolvers<{ code: number; signal: string | null }>();
  createInterface({ input: driver.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Event;
    if ('pid' in event) started.resolve(event.pid);
    else if ('data' in event) screen += Buffer.from(event.data, 'base64').toString('latin1');
    else {
      ending.resolve(event);
      driver.stdin.end();
    }
    for (const look of watchers) look();
  });
  driver.once('close', () => {
    const gone = new Error(`the pty driver ended early; screen:\n${screen}`);
    started.reject(gone);
    ending.reject(gone);
  });
  ending.promise.catch(() => {});

  const environment = { ...process.env, TERM: 'xterm', ...options.env };
  order({ spawn: command, columns: options.columns ?? 80, rows: options.rows ?? 24, env: environment });
  const pid = await started.promise;

  const sees = (pattern: RegExp) => {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = pattern.exec(screen.slice(seen));
      if (!match) return;
      seen += match.index + match[0].length;
      found.resolve(match);
    };
    watchers.add(look);
    look();
    ending.promise.then(
      () => found.reject(new Error(`ended without ${String(pattern)}; screen:\n${screen}`)),
      found.reject,
    );
    const late = () => new Error(`${String(pattern)} did not appear; screen:\n${screen}`);
    return limitTime(found.promise, timeout, late).finally(() => watchers.delete(look));
  };
  const ended = limitTime(ending.promise, timeout * 2, () => new Error(`did not end; screen:\n${screen}`));
  ended.catch(() => {});
  return {
    pid,
    screen: () => screen,
    write: (text) => order({ write: Buffer.from(text).toString('base64') }),
    resize: (columns, rows) => order({ resize: [columns, rows] }),
    sees,
    ended,
    close: () => driver.kill(),
  };
}
