import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { run } from './run.ts';

/** Another machine than this one. */
export interface Target {
  /** As bun names it, such as `bun-darwin-arm64`. */
  readonly name: string;
  /** The bun of that machine, of the same version: what the file is made of. */
  readonly runtime: string;
}

/** Compiles the modules in a folder with their bytecode into one file; without `target` for this machine. */
export async function compile(root: string, modules: string, outfile: string, target?: Target): Promise<void> {
  await mkdir(dirname(outfile), { recursive: true });
  // Compiled beside and renamed: a kx that runs meanwhile keeps its file.
  const folder = await mkdtemp(join(dirname(outfile), '.compile-'));
  const suffix = target?.name.includes('windows') === true ? '.exe' : '';
  const made = join(folder, `kubectl-kx${suffix}`);
  const crossing = target && [`--target=${target.name}`, `--compile-executable-path=${resolve(target.runtime)}`];
  try {
    run(
      findBun(root),
      [
        ...['build', '--compile', '--minify', '--bytecode', '--splitting', '--format=esm'],
        ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
        ...(crossing ?? []),
        ...['main.js', '--outfile', made],
      ],
      modules,
    );
    await rename(made, outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bun of this machine: npm may be set to refuse the install script that gives it its usual place. */
function findBun(root: string): string {
  const places = ['bun/bin/bun.exe', `@oven/bun-${process.platform}-${process.arch}/bin/bun`];
  for (const place of places.map((name) => resolve(root, 'node_modules', name))) {
    if (existsSync(place) && spawnSync(place, ['--version']).status === 0) return place;
  }
  throw new Error('bun is not installed: run "make deps"');
}
