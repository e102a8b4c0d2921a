import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/** What is known of a run of a command that did not end well, or not yet. */
export interface PastRun {
  /** What it was given to remember. */
  readonly notes: Readonly<Record<string, unknown>>;
  /** Its process is there, or may be: it ran on another machine. */
  readonly mayRun: boolean;
}

/** The runs of one kind of command. No method throws. */
export interface Runs {
  /** The latest run of the command that these words stand for; undefined when none is remembered. */
  recall(words: readonly string[]): PastRun | undefined;
  /** Remembers that this process runs it, instead of what was remembered. */
  begin(words: readonly string[], notes: Readonly<Record<string, unknown>>): void;
  /** It is done: nothing is remembered. */
  done(words: readonly string[]): void;
  /** Forgets what is older than a month. */
  prune(): void;
}

const longestMemory = 30 * 24 * 3600 * 1000;

/** `kind` is the name of a folder. `env` tells where state is kept, as the XDG Base Directory Specification has it. */
export function openRuns(kind: string, env: Readonly<Record<string, string | undefined>>): Runs {
  const home = env['XDG_STATE_HOME'];
  const folder = join(home === undefined || home === '' ? join(homedir(), '.local', 'state') : home, 'kx', kind);
  const fileOf = (words: readonly string[]): string =>
    join(folder, `${createHash('sha256').update(JSON.stringify(words)).digest('hex')}.json`);
  return {
    recall: (words) => quietly(() => read(readFileSync(fileOf(words), 'utf8'))),
    begin: (words, notes) => {
      quietly(() => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const file = fileOf(words);
        const own = `${file}.${process.pid}`;
        writeFileSync(own, JSON.stringify({ notes, owner: owner(process.pid) }), { mode: 0o600 });
        renameSync(own, file);
      });
    },
    done: (words) => {
      quietly(() => unlinkSync(fileOf(words)));
    },
    prune: () => {
      quietly(() => {
        for (const name of readdirSync(folder)) {
          const file = join(folder, name);
          if (Date.now() - statSync(file).mtimeMs > longestMemory) unlinkSync(file);
        }
      });
    },
  };
}

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When it began, in what the system counts; '' where it does not tell. */
  readonly began: string;
}

function owner(pid: number): Owner {
  return { host: hostname(), pid, began: beginOf(pid) };
}

/** Field 22 of /proc/PID/stat; the second has the name of the program, which may have anything in it. */
function beginOf(pid: number): string {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function read(text: string): PastRun | undefined {
  const { notes, owner: past } = JSON.parse(text) as { notes?: unknown; owner?: Partial<Owner> };
  if (typeof notes !== 'object' || notes === null) return undefined;
  return { notes: notes as PastRun['notes'], mayRun: past === undefined || mayRun(past) };
}

function mayRun({ host, pid, began }: Partial<Owner>): boolean {
  if (host !== hostname() || typeof pid !== 'number') return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  // The number may be that of another process by now.
  return pid !== process.pid && beginOf(pid) === began;
}

function quietly<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
