/**
 * Writes what is generated from the sources: oclif.manifest.json, docs/errors.md, the man page and the reference in README.md.
 * With --check it writes nothing and fails when one of them differs, so that no flag or error changes by accident.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorsPage } from './surface/errors-page.ts';
import { describeCommands } from './surface/manifest.ts';
import { manPage } from './surface/man-page.ts';
import { insertReference } from './surface/reference.ts';

const root = resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const manifest = await describeCommands(root);

const wanted: readonly [string, (old: string) => string][] = [
  ['oclif.manifest.json', () => `${JSON.stringify(manifest, null, 2)}\n`],
  ['docs/errors.md', () => errorsPage()],
  ['docs/kubectl-kx.1', () => manPage(manifest.commands, manifest.version)],
  ['README.md', (old) => insertReference(old, manifest.commands)],
];

const stale: string[] = [];
for (const [name, make] of wanted) {
  const file = resolve(root, name);
  const old = await readFile(file, 'utf8').catch(() => '');
  const text = make(old);
  if (text === old) continue;
  stale.push(name);
  if (!check) await writeFile(file, text);
}

if (stale.length > 0)
  console.log(check ? `out of date: ${stale.join(', ')}; run "make surface"` : `written: ${stale.join(', ')}`);
if (check && stale.length > 0) process.exitCode = 1;
