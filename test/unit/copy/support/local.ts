import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  toName,
  type Entry,
  type Name,
  type Problem,
  type TreeReader,
  type TreeWriter,
} from '../../../../src/lib/copy/entry.ts';
import { fsPath } from '../../../../src/lib/copy/local/path.ts';
import { writeLocalTree, type LocalWriterOptions } from '../../../../src/lib/copy/local/writer.ts';

const nobody = 65534;

/** A folder for one test, that a user who is not root may write to. */
export function temporary(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kx-local-'));
  chmodSync(folder, 0o755);
  if (process.geteuid?.() === 0) chownSync(folder, nobody, nobody);
  context.after(() => {
    open(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Lets its owner read and change everything below a folder. */
export function open(folder: string): void {
  execFileSync('chmod', ['-R', 'u+rwx', folder], { stdio: 'ignore' });
}

/** Runs something as a user that permissions hold for. */
export async function withoutRoot(run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run();
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

export interface Copied {
  readonly writer: TreeWriter;
  readonly problems: Problem[];
}

/** A writer that collects what it reports. */
export function writerTo(destination: string | Buffer, options: Partial<LocalWriterOptions> = {}): Copied {
  const problems: Problem[] = [];
  const report = (problem: Problem): number => problems.push(problem);
  const usual = { report, preserve: true, sameOwner: false, limits: {} };
  return { problems, writer: writeLocalTree({ destination, ...usual, ...options }) };
}

/** Writes all of it, and gives the problems. */
export async function writeAllTo(
  destination: string | Buffer,
  entries: readonly Entry[],
  options: Partial<LocalWriterOptions> = {},
): Promise<Problem[]> {
  const { writer, problems } = writerTo(destination, options);
  for (const entry of entries) await writer.write(entry);
  await writer.finish();
  return problems;
}

/** Everything that a reader has, with the bytes. */
export async function readAll(reader: TreeReader): Promise<(Entry & { readonly bytes: Buffer })[]> {
  const all = [];
  for await (const entry of reader.entries()) {
    const pieces: Buffer[] = [];
    for await (const piece of entry.body) pieces.push(piece);
    all.push({ ...entry, bytes: Buffer.concat(pieces) });
  }
  return all;
}

/** All that there is to see of what is in a folder, so that any change is one of the text. The folder `except` is left out. */
export function snapshot(root: string, except?: string): string[] {
  const lines: string[] = [];
  const visit = (path: Name): void => {
    const bytes = fsPath(path);
    const stat = lstatSync(bytes);
    const { mode, ino, nlink, uid, gid, size, mtimeMs } = stat;
    const names = stat.isDirectory() ? readdirSync(bytes, { encoding: 'buffer' }).map(toName).sort() : [];
    const text = stat.isSymbolicLink() ? readlinkSync(bytes, 'latin1') : '';
    const content = stat.isFile() ? readFileSync(bytes).toString('hex') : text;
    lines.push([path, mode, ino, nlink, uid, gid, size, mtimeMs, content].join(' '));
    for (const name of names) if (name !== except) visit(join(path, name));
  };
  visit(root);
  return lines;
}
