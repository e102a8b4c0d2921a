import { KxError } from '../errors/index.ts';
import type { Collected } from '../process/index.ts';
import type { Name } from './entry.ts';
import { probeScript } from './probe-script.ts';
import type { RemoteEnd } from './remote-end.ts';
import { runScript } from './run-script.ts';
import { encodeWord } from './shell-word.ts';

/** What a container has that a copy can use. */
export interface Probe {
  readonly tools: {
    readonly tar: 'gnu' | 'busybox' | 'bsd' | 'toybox' | 'unknown' | undefined;
    readonly gzip: boolean;
    readonly zstd: boolean;
    readonly sha256sum: boolean;
    readonly find: boolean;
    readonly dd: boolean;
  };
  /** The user that commands run as; -1 when nothing there can tell. */
  readonly uid: number;
  /** For each path that was asked for: one thing, or for a pattern all that fit, in the order of the shell. */
  readonly paths: readonly (readonly Found[])[];
}

/** What stands at a path. */
export interface Found {
  /** As it was asked for, or for a pattern the name that fits. */
  readonly path: Name;
  /**
   * With symlinks followed. 'dangling': a symlink to nothing. 'not-a-directory': a path that ends in a slash, and without
   * it is something else. 'other': a device, a FIFO, a socket.
   */
  readonly kind: 'absent' | 'file' | 'directory' | 'dangling' | 'not-a-directory' | 'other';
  readonly symlink: boolean;
  /** Of what is absent: whether the directory that it would be in exists. */
  readonly parentExists: boolean;
  /** Of what is absent: whether that directory is. The shell may think so of a read-only file system as root. */
  readonly writable: boolean;
  /** Bytes of a file that was asked for by its name, where the container has `stat`. */
  readonly size: number | undefined;
}

export interface ProbePath {
  readonly path: Name;
  /** The path is a pattern of the shell: `*`, `?` and `[…]`. */
  readonly glob: boolean;
}

/**
 * Asks a container, in one exec, what it has and what stands at these paths; relative ones are of the directory that its
 * commands run in. Rejects with KX_SHELL_MISSING where it has no `sh`.
 */
export function probeContainer(end: RemoteEnd, paths: readonly ProbePath[]): Promise<Probe> {
  const words = paths.flatMap(({ path, glob }) => [glob ? 'glob' : 'literal', encodeWord(path)]);
  return runScript(end, probeScript, words, readProbe);
}

function readProbe({ stdout }: Collected): Probe {
  const said = stdout.toString('latin1').split('\0');
  if (said.at(-2) !== 'end') {
    throw new KxError('KX_CONNECTION_LOST', 'the container did not tell what it has', { ran: 'yes' });
  }
  const [tar = '', tools = '', uid = '', ...rest] = said.slice(0, -2);
  return {
    tools: {
      tar: tar === '' ? undefined : (tar as 'unknown'),
      gzip: tools.includes(' gzip '),
      zstd: tools.includes(' zstd '),
      sha256sum: tools.includes(' sha256sum '),
      find: tools.includes(' find '),
      dd: tools.includes(' dd '),
    },
    uid: /^\d+$/.test(uid) ? Number(uid) : -1,
    paths: readPaths(rest),
  };
}

const fieldsOfFound = 7;

function readPaths(fields: readonly string[]): Found[][] {
  const paths: Found[][] = [];
  for (let at = 0; at < fields.length; at++) {
    if (fields[at] === 'path') {
      paths.push([]);
      continue;
    }
    const [, path = '', kind = '', link, writable, parent, size] = fields.slice(at, at + fieldsOfFound);
    paths.at(-1)?.push({
      path,
      kind: kind as Found['kind'],
      symlink: link !== '',
      parentExists: parent !== '',
      writable: writable !== '',
      size: size === undefined || size === '' ? undefined : Number(size),
    });
    at += fieldsOfFound - 1;
  }
  return paths;
}
