import * as esbuild from 'esbuild';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';

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
const refuseLazyPackages = (root: string): esbuild.Plugin => ({
  name: 'refuse-lazy-packages',
  setup(build) {
    build.onResolve({ filter: /^[^.]/ }, ({ kind, path, importer }) => {
      if (kind !== 'dynamic-import' || /^(node|bun):/.test(path) || !importer.startsWith(resolve(root, 'src')))
        return null;
      return { errors: [{ text: `import "${path}" statically in a module of kx, and that module at run time` }] };
    });
  },
});

/**
 * Makes plain modules of the sources in `root` and their dependencies, in `folder`, which is emptied first: main.js and what it
 * loads. Gives back what they were made of.
 */
export async function bundle(root: string, folder: string): Promise<esbuild.Metafile> {
  const { version } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as { version: string };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [resolve(root, 'src/main.ts')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'esnext',
    minify: true,
    metafile: true,
    define: {
      KX_VERSION: JSON.stringify(version),
      // bun would write the folder of the build into the file.
      __dirname: '"/"',
    },
    plugins: [importBuiltins, leaveOut, refuseLazyPackages(root)],
    logLevel: 'warning',
  });
  return metafile;
}
