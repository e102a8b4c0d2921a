import type { Entry } from '../entry.ts';

/** What of an entry is kept in the container. */
export interface Keep {
  /** Modes and times; otherwise files get the permissions that the container gives to new ones. */
  readonly preserve: boolean;
  readonly sameOwner: boolean;
}

/** What a file of the container is to have. */
export interface Attributes {
  readonly mode: number;
  /** Whole seconds since 1970; undefined: the time of the copy. */
  readonly mtime: number | undefined;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** `umask` is that of the container. */
export function attributesOf(entry: Entry, keep: Keep, umask: number): Attributes {
  return {
    mode: keep.preserve ? entry.mode & 0o7777 : entry.mode & 0o777 & ~umask,
    mtime: keep.preserve ? Math.floor(entry.mtime) : undefined,
    owner: keep.sameOwner ? { uid: entry.uid, gid: entry.gid } : undefined,
  };
}

/** The words of a command of the receiver: mode, seconds, the same time for `touch -t`, and owner. */
export function attributeWords({ mode, mtime, owner }: Attributes): string {
  const time = mtime === undefined ? '- -' : `${mtime} ${touchStamp(mtime)}`;
  return `${mode.toString(8)} ${time} ${owner === undefined ? '-' : `${owner.uid}:${owner.gid}`}`;
}

/** CCYYMMDDhhmm.SS in UTC. */
function touchStamp(seconds: number): string {
  const limited = Math.min(Math.max(seconds, 0), 253_402_300_799);
  const digits = new Date(limited * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${digits.slice(0, 12)}.${digits.slice(12)}`;
}
