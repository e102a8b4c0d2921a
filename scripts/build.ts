/**
 * Builds dist/kubectl-kx: esbuild makes plain modules of the sources and their dependencies, bun compiles them with their
 * bytecode into one file. esbuild goes first because bun puts modules of its own in the place of `ws` and `undici`.
 */
import { resolve } from 'node:path';
import { bundle } from './build/bundle.ts';
import { compile } from './build/compile.ts';

const root = resolve(import.meta.dirname, '..');
const modules = resolve(root, 'dist/modules');
await bundle(root, modules);
await compile(root, modules, resolve(root, 'dist/kubectl-kx'));
