import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Name, Problem, TreeReader } from '../../../../src/lib/copy/entry.ts';
import type { RemoteEnd } from '../../../../src/lib/copy/remote-end.ts';
import { createRetry } from '../../../../src/lib/copy/retry.ts';
import type { Target } from '../../../../src/lib/target/index.ts';
import { localTransport, type Cut } from '../../../support/local-transport.ts';
import { makePrograms, type Programs } from './programs.ts';

const made: string[] = [];
process.once('exit', () => made.forEach((path) => rmSync(path, { recursive: true, force: true })));

const senderTools = ['head', 'tail', 'gzip', 'stat', 'date', 'find', 'readlink'];

function find(program: string): string {
  return spawnSync('which', [program]).stdout.toString().trim();
}

/** As `makePrograms`, with what a sender can use; `without` are not there. */
export function senderPrograms(shell: string, tar: string, without: readonly string[] = []): Programs {
  const programs = makePrograms(shell, tar);
  made.push(programs.path);
  for (const tool of senderTools) symlinkSync(find(shell === 'busybox' ? shell : tool), join(programs.path, tool));
  if (shell !== 'busybox' && find('zstd') !== '') symlinkSync(find('zstd'), join(programs.path, 'zstd'));
  for (const tool of without) rmSync(join(programs.path, tool), { force: true });
  return programs;
}

/** The same, run as a user that permissions hold for; undefined where that cannot be done. */
export function withoutRoot(programs: Programs): Programs | undefined {
  if (process.geteuid?.() !== 0) return programs;
  if (!has('setpriv')) return undefined;
  chmodSync(programs.path, 0o755);
  renameSync(join(programs.path, 'sh'), join(programs.path, 'real-sh'));
  const words = '--reuid=65534 --regid=65534 --clear-groups';
  // A busybox is what it is called.
  const shell = programs.name.startsWith('busybox') ? 'busybox sh' : join(programs.path, 'real-sh');
  if (programs.name.startsWith('busybox')) symlinkSync(find('busybox'), join(programs.path, 'busybox'));
  const again = `[ "$(${find('id')} -u)" = 65534 ] && exec ${shell} "$@"`;
  writeShell(programs, `${again}\nexec ${find('setpriv')} ${words} ${shell} "$@"`);
  return programs;
}

/** Puts a script in the place of the shell. */
export function writeShell(programs: Programs, script: string): void {
  rmSync(join(programs.path, 'sh'), { force: true });
  writeFileSync(join(programs.path, 'sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

export function folder(context: TestContext): string {
  const at = mkdtempSync(join(tmpdir(), 'kx-sent-'));
  chmodSync(at, 0o755);
  context.after(() => rmSync(at, { recursive: true, force: true }));
  return at;
}

/** A tree with everything that names and files can be. All of it was changed long ago but for ctime. */
export function makeTree(root: string, largeBytes = 5 << 20): void {
  const place = (...names: string[]): Buffer => Buffer.from([root, ...names].join('/'), 'latin1');
  const file = (name: string, content: string | Buffer, mode = 0o644): void => {
    writeFileSync(place(name), content);
    chmodSync(place(name), mode);
  };
  mkdirSync(place('empty'), { recursive: true });
  mkdirSync(place('.hidden'));
  mkdirSync(place('..twice'));
  const long = 'l'.repeat(120);
  mkdirSync(place(long, 'm'.repeat(130)), { recursive: true });
  file(`${long}/${'m'.repeat(130)}/${'n'.repeat(200)}`, 'long');
  file('a', 'first', 0o640);
  linkSync(place('a'), place('z-hard'));
  file('zero', '');
  file('-rf', 'dash');
  file('--checkpoint=1', 'dashes');
  file('.hidden/.file', 'hidden');
  file('..twice/x', 'dots');
  file('\xff\xfe not utf-8', 'bytes');
  file('\xc3\xa4\xe2\x82\xac', 'utf-8');
  file('new\nline\n', 'newline');
  file(`quote ' " $(touch pwned) \\ * [a]`, 'quotes');
  file(' blank ', 'blank');
  file('setuid', 'x', 0o4755);
  file('large', randomBytes(largeBytes));
  file('x'.repeat(99), '99');
  file('y'.repeat(100), '100');
  file('y'.repeat(101), '101');
  file('block', Buffer.alloc(512, 'b'));
  symlinkSync('a', place('link'));
  symlinkSync('/nowhere/at all', place('dangling'));
  symlinkSync('t'.repeat(300), place('long-link'));
  symlinkSync(Buffer.from('\xff\n', 'latin1'), place('odd-link'));
  symlinkSync('empty', place('link-to-directory'));
  spawnSync('mkfifo', [join(root, 'fifo')]);
  for (const name of readdirSync(root, 'latin1')) {
    if (!lstatSync(place(name)).isSymbolicLink()) utimesSync(place(name), 1_500_000_000, 1_500_000_000);
  }
}

/** Leaves a socket behind. */
export async function makeSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  // Closing would remove it.
  server.unref();
}

/** What there is to compare of an entry; hard links have the content of their file. */
export type Facts = Record<Name, string>;

function facts(kind: string, mode: number, mtime: number, content: string | Buffer): string {
  const sum = createHash('sha1').update(content).digest('hex');
  return kind === 'symlink' ? `symlink ${sum}` : `${kind} ${mode.toString(8)} ${Math.floor(mtime)} ${sum}`;
}

/** The tree as it is on the disk, without what no copy takes. */
export function treeFacts(root: string): Facts {
  const all: Facts = {};
  const visit = (path: Name): void => {
    const place = Buffer.from(path === '' ? root : `${root}/${path}`, 'latin1');
    const stat = lstatSync(place);
    const common = [stat.mode & 0o7777, stat.mtimeMs / 1000] as const;
    if (stat.isDirectory()) {
      all[path] = facts('directory', ...common, '');
      for (const name of readdirSync(place, 'latin1')) visit(path === '' ? name : `${path}/${name}`);
    } else if (stat.isSymbolicLink()) all[path] = facts('symlink', ...common, readlinkSync(place, 'buffer'));
    else if (stat.isFile()) all[path] = facts('file', ...common, readFileSync(place));
  };
  visit('');
  return all;
}

/** What a reader gives, in the same form. Fails when a body has not the size that was told. */
export async function readFacts(reader: TreeReader): Promise<Facts> {
  const all: Facts = {};
  for await (const entry of reader.entries()) {
    if (entry.path in all) throw new Error(`${entry.path} comes twice`);
    const pieces: Buffer[] = [];
    for await (const piece of entry.body) pieces.push(Buffer.from(piece));
    const content = Buffer.concat(pieces);
    if (content.length !== entry.size) throw new Error(`${entry.path} has ${content.length} of ${entry.size} bytes`);
    if (entry.kind === 'hardlink') {
      const target = all[entry.linkTarget];
      if (target === undefined) throw new Error(`${entry.path} comes before ${entry.linkTarget}`);
      all[entry.path] = target;
    } else {
      const text = entry.kind === 'symlink' ? Buffer.from(entry.linkTarget, 'latin1') : content;
      all[entry.path] = facts(entry.kind, entry.mode, entry.mtime, text);
    }
  }
  return all;
}

export interface TestEnd {
  readonly end: RemoteEnd;
  /** Errors after which it was tried again. */
  readonly retried: unknown[];
  readonly problems: Problem[];
  readonly report: (problem: Problem) => void;
}

/** A container that is a folder of this machine. Retries come without pauses. `onRetry` runs before each. */
export function localEnd(options: {
  readonly programs: Programs;
  readonly cwd: string;
  readonly cut?: (exec: number) => Cut;
  readonly tries?: number;
  readonly onRetry?: (attempt: number) => void;
}): TestEnd {
  const { programs, cwd, cut, tries = 5, onRetry } = options;
  const retried: unknown[] = [];
  const problems: Problem[] = [];
  const { signal } = new AbortController();
  // Its pauses are left out: it decides whether to go on, and this counts.
  const judge = createRetry(0, signal, () => {});
  let attempt = 0;
  const retry = {
    again: async (error: unknown) => {
      const isLost = (error as { code?: string }).code === 'KX_CONNECTION_LOST';
      if (!isLost || attempt >= tries) return judge.again(error);
      attempt++;
      retried.push(error);
      onRetry?.(retried.length);
    },
    progressed: () => {
      attempt = 0;
    },
  };
  const transport = localTransport({ path: programs.path, cwd, ...(cut === undefined ? {} : { cut }) });
  const target: Target = { namespace: 'default', pod: 'pod' };
  return {
    end: { transport, target, signal, retry },
    retried,
    problems,
    report: (problem) => void problems.push(problem),
  };
}

/** Whether this machine has it. */
export function has(program: string): boolean {
  return find(program) !== '';
}

/** Every shell and tar that a sender is tried with; '' is none. */
export const senderWays: readonly Programs[] = [
  senderPrograms('dash', 'tar'),
  senderPrograms('bash', 'tar'),
  senderPrograms('busybox', 'busybox'),
  senderPrograms('bash', 'toybox'),
  senderPrograms('dash', 'bsdtar'),
  senderPrograms('dash', ''),
  senderPrograms('busybox', ''),
];
