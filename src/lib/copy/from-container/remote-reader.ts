import type { Name, TreeReader } from '../entry.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { readSent, type Asked, type SendingOptions } from './sent-tree.ts';

export interface RemoteTreeOptions extends SendingOptions {
  /** A file, a directory, or a symlink to one, which is followed. Relative to the directory of the container's commands. */
  readonly path: Name;
  /** As messages name it; undefined: as it is. */
  readonly shown?: Name | undefined;
  /** What of a directory is to be sent, each behind the directory that it is in; undefined: everything. */
  readonly only?: readonly Name[] | undefined;
}

/**
 * Reads a tree out of a container. A lost connection is made again as `end.retry` says, and the stream goes on where it
 * was: the file in progress was not written to (ctime), or its first part has the same CRC-32. Where neither can be shown the
 * stream is read from its beginning, without what is finished, and the first part of that file is compared here. It rejects with
 * KX_COPY_INCOMPLETE when that part is not the same any more.
 */
export function readRemoteTree(end: RemoteEnd, options: RemoteTreeOptions): TreeReader {
  const { path, shown = path, only } = options;
  const asked: Asked = {
    ...{ path, shown, awaited: only ?? [], only: only && new Set(only) },
    list: only === undefined ? '' : 'list',
    members: only?.map((name) => (name === '' ? '.' : `./${name}`)) ?? [],
    roots: (kind) =>
      kind === 'directory'
        ? new Map([['.', { into: '', isFile: false }]])
        : new Map([[`./${path.slice(path.lastIndexOf('/') + 1)}`, { into: '', isFile: true }]]),
  };
  return readSent(end, asked, options);
}
