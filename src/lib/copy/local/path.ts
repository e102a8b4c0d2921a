import type { Name } from '../entry.ts';

const ascii = /^[\0-\x7f]*$/;

/** The bytes of a path, for the functions of node:fs. */
export function fsPath(path: Name): string | Buffer {
  return ascii.test(path) ? path : Buffer.from(path, 'latin1');
}

/** Where `path` of a tree is when its root is at `base`. */
export function below(base: Name, path: Name): Name {
  if (path === '') return base;
  return base.endsWith('/') ? base + path : `${base}/${path}`;
}
