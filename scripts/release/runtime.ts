import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { run } from '../build/run.ts';
import { readArchive } from './archive.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>;
}

/**
 * The bun of another machine, as the bytes of its program. It comes from npm, like the bun of this machine, and must have the
 * hash that package-lock.json has for it. What was fetched is kept in .cache.
 */
export async function readRuntime(root: string, name: string): Promise<Buffer> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`${name} is not in package-lock.json`);
  const file = join(root, '.cache/runtimes', `${basename(name)}-${locked.version}.tgz`);
  const packed = await readFile(file).catch(() => fetch(`${name}@${locked.version}`, file));
  const hash = `sha512-${createHash('sha512').update(packed).digest('base64')}`;
  if (hash !== locked.integrity) throw new Error(`${file} is not what package-lock.json names: ${hash}`);
  const program = (await readArchive(packed)).find((entry) => /^package\/bin\/bun(\.exe)?$/.test(entry.name));
  if (program === undefined) throw new Error(`${name} has no bin/bun`);
  return program.content;
}

async function fetch(spec: string, file: string): Promise<Buffer> {
  const folder = resolve(file, '..');
  await mkdir(folder, { recursive: true });
  const [packed] = JSON.parse(run('npm', ['pack', spec, '--json', '--loglevel=error'], folder)) as {
    filename: string;
  }[];
  if (packed === undefined) throw new Error(`npm has not packed ${spec}`);
  await rename(join(folder, packed.filename), file);
  return readFile(file);
}
