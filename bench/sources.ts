import { execFileSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commandLine, env } from './programs.ts';
import { fingerprint, podFolder, type Side } from './sides.ts';

/** A file of 1 GiB, a tree of real files, or so many files of 2 KiB. */
export type SourceName = 'gibibyte' | 'mixed' | `small-${number}`;

export const gibibyte = 1 << 30;

/** Packages with files of all sizes, as package-lock.json pins them, so that the tree is the same on every machine. */
const mixedPackages = ['@oclif', '@typescript-eslint', 'eslint', 'typescript'];

const made = new Map<string, string>();

/** Makes `source/NAME` on a side unless it is there, and gives its fingerprint. */
export function makeSource(side: Side, name: SourceName): string {
  const key = `${side} ${name}`;
  const before = made.get(key);
  if (before !== undefined) return before;
  if (!existsSync(join('source', name))) makeLocally(join('source', name), name);
  if (side !== 'here') {
    const [file = '', ...args] = commandLine(
      `tar c -C source ${name} | kubectl exec -i ${side} -- tar x -C ${podFolder}/source`,
    );
    execFileSync(file, args, { env: env() });
  }
  const print = fingerprint(side, 'source', `./${name}`);
  made.set(key, print);
  return print;
}

function makeLocally(path: string, name: SourceName): void {
  if (name === 'gibibyte') makeFile(path);
  else if (name === 'mixed') copyPackages(path);
  else makeSmallFiles(path, Number(name.slice('small-'.length)));
}

function makeFile(path: string): void {
  const piece = randomFillSync(Buffer.alloc(1 << 24));
  const file = openSync(path, 'w');
  for (let written = 0; written < gibibyte; written += piece.length) writeSync(file, piece);
  closeSync(file);
}

function copyPackages(path: string): void {
  const modules = resolve(import.meta.dirname, '../node_modules');
  for (const name of mixedPackages) cpSync(join(modules, name), join(path, name), { recursive: true });
}

/** A hundred in each directory. */
function makeSmallFiles(path: string, count: number): void {
  const content = Buffer.alloc(2048);
  for (let index = 0; index < count; index++) {
    const directory = join(path, `directory-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file-${index % 100}`), randomFillSync(content));
  }
}
