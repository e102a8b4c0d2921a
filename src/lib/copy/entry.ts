import type { Prefix } from './prefix.ts';

/** What the name of a file is: bytes other than NUL and `/`, one character each (latin1), for names need not be UTF-8. */
export type Name = string;

/** The bytes of a text, or of a name as the system gives it, as a Name. */
export function toName(path: string | Buffer): Name {
  return (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1');
}

/**
 * One thing of a tree. `path` is relative to the root of the copy, without `.`, `..` or empty parts; '' is the root itself.
 * Directories come before what is in them, and a hard link behind the file that it names.
 */
export interface Entry {
  readonly path: Name;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  /** The lower twelve bits. */
  readonly mode: number;
  /** Seconds since 1970; may have a fraction. */
  readonly mtime: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of `body`; 0 for all but files. */
  readonly size: number;
  /** A symlink: its text as it is. A hard link: the path of the file in this tree. Otherwise ''. */
  readonly linkTarget: Name;
  /**
   * Exactly `size` bytes, or an error. To be consumed, or returned from early, before the next entry is asked for; what was
   * left is skipped.
   */
  readonly body: AsyncIterable<Buffer>;
  /** The whole body, where it is at hand; good until the next entry is asked for. To be taken instead of `body`, or not. */
  readonly content?: Buffer | undefined;
  /**
   * The body behind its first bytes, to be taken instead of `body`, of which nothing was asked for yet; undefined when those
   * bytes do not have these sums, or nothing can tell. Not of every file.
   */
  readonly after?: (prefix: Prefix) => Promise<AsyncIterable<Buffer> | undefined>;
}

/** What happened to one path: 'warning' leaves the copy whole, 'failure' does not. `message` is one line without a path. */
export interface Problem {
  readonly level: 'warning' | 'failure';
  readonly path: Name;
  readonly message: string;
}

export type Report = (problem: Problem) => void;

/** Where a copy comes from. */
export interface TreeReader {
  /**
   * The entries, once. Ends only when everything has been read; what concerns one path is reported and left out, what
   * concerns the whole rejects with a KxError.
   */
  entries(): AsyncIterable<Entry>;
}

/** Where a copy goes to. One call at a time. */
export interface TreeWriter {
  /** Takes an entry and its body. What concerns one path is reported; what concerns the whole rejects with a KxError. */
  write(entry: Entry): Promise<void>;
  /** Resolves when everything that was taken is stored whole, under its own name. */
  finish(): Promise<void>;
  /**
   * Takes back what is not complete. After a lost connection (`error`) the parts of large files are kept, so that another copy
   * can go on with them. Never rejects.
   */
  abort(error?: unknown): Promise<Remains>;
}

/** What is at the destination when a copy was given up. */
export interface Remains {
  /** Files that are whole there, as far as is known, and their bytes. */
  readonly stored: { readonly files: number; readonly bytes: number };
  /** Bytes of files that are kept in parts. */
  readonly kept: number;
  /** Files that are left and incomplete, which nothing goes on with: for the error. */
  readonly incomplete: readonly Name[];
}

/** A body that is there. */
export function onePiece(content: Buffer): AsyncIterable<Buffer> {
  return {
    [Symbol.asyncIterator]: () => {
      let pieces = [content];
      return {
        next: () => {
          const [value] = pieces;
          pieces = [];
          return Promise.resolve(value === undefined ? { done: true as const, value } : { done: false, value });
        },
      };
    },
  };
}

/** A body without bytes. */
export const emptyBody: AsyncIterable<Buffer> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true as const, value: undefined }) }),
};
