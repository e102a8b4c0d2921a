/**
 * Builds dist/kubectl-kx: esbuild makes plain modules of the sources and their dependencies, bun compiles them with their
 * bytecode into one file. esbuild goes first because bun puts modules of its own in the place of `ws` and `undici`.
 */
import * as esbuild from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const modules = resolve(root, 'dist/modules');
const binary = resolve(root, 'dist/kubectl-kx');

/**
 * A `require` of a builtin becomes an import: bun keeps the bytecode of builtins that are imported, which halves the time
 * they take at start, and nothing needs `createRequire`.
 */
const importBuiltins: esbuild.Plugin = {
  name: 'import-builtins',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ kind, path, namespace }) => {
      if (kind !== 'require-call' || !isBuiltin(path)) return null;
      return { path: path.replace(/^node:/, ''), namespace: namespace === 'as-require' ? 'as-import' : 'as-require' };
    });
    build.onLoad({ filter: /./, namespace: 'as-require' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)}).default`,
    }));
    build.onLoad({ filter: /./, namespace: 'as-import' }, ({ path }) => ({
      contents: `export { default } from ${JSON.stringify(`node:${path}`)}`,
    }));
  },
};

/**
 * What kx never calls and oclif loads at start: how it finds plugins on a disk (one file has none; typescript alone would be
 * 3.5 MB), its help and its spinner (kx has its own help, and another spinner). It is a third of the way to the first byte.
 */
const leaveOut: esbuild.Plugin = {
  name: 'leave-out',
  setup(build) {
    const namespace = 'left-out';
    const packages = /^(typescript|tinyglobby|minimatch|lilconfig|wsl-utils|ejs|string-width|wrap-ansi)$/;
    build.onResolve({ filter: packages }, ({ path, importer }) =>
      // The spinner of kx measures text with one of them.
      importer.includes('/node_modules/ora/') ? null : { path, namespace },
    );
    build.onResolve({ filter: /^\.\.?\/(config|help|help\/index|action\/spinner)$/ }, ({ path, importer }) => {
      const isUnused = /@oclif\/core\/lib\/(command|flags|errors\/handle|ux\/index)\.js$/.test(importer);
      return isUnused ? { path: `@oclif/core/${path}`, namespace } : null;
    });
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: path.endsWith('spinner') ? 'exports.default = class {}' : '',
    }));
  },
};

/** esbuild gives a CommonJS package that is imported at run time only its default export. */
const refuseLazyPackages: esbuild.Plugin = {
  name: 'refuse-lazy-packages',
  setup(build) {
    build.onResolve({ filter: /^[^.]/ }, ({ kind, path, importer }) => {
      if (kind !== 'dynamic-import' || /^(node|bun):/.test(path) || !importer.startsWith(resolve(root, 'src')))
        return null;
      return { errors: [{ text: `import "${path}" statically in a module of kx, and that module at run time` }] };
    });
  },
};

/** The bun of this machine: npm may be set to refuse the install script that gives it its usual place. */
function findBun(): string {
  const places = ['bun/bin/bun.exe', `@oven/bun-${process.platform}-${process.arch}/bin/bun`];
  for (const place of places.map((name) => resolve(root, 'node_modules', name))) {
    if (existsSync(place) && spawnSync(place, ['--version']).status === 0) return place;
  }
  throw new Error('bun is not installed: run "make deps"');
}

function run(file: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}\n${error?.message ?? stdout + stderr}`);
}

const { version } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as { version: string };
await rm(modules, { recursive: true, force: true });
await mkdir(modules, { recursive: true });
await esbuild.build({
  entryPoints: [resolve(root, 'src/main.ts')],
  outdir: modules,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'esnext',
  minify: true,
  define: { KX_VERSION: JSON.stringify(version) },
  plugins: [importBuiltins, leaveOut, refuseLazyPackages],
  logLevel: 'warning',
});
// Compiled beside and renamed: a kx that runs meanwhile keeps its file.
run(findBun(), [
  ...['build', '--compile', '--minify', '--bytecode', '--splitting', '--format=esm'],
  ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
  ...[resolve(modules, 'main.js'), '--outfile', `${binary}.new`],
]);
await rename(`${binary}.new`, binary);
