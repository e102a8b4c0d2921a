import type { Keep } from './attributes.ts';
import type { Compression } from '../compression.ts';
import type { Base } from './delivery.ts';
import type { Entry, Name, Report } from '../entry.ts';
import type { RemoteResume } from './go-on.ts';
import type { BatchBuilder } from './tar-batch.ts';
import type { Tops } from './tops.ts';
import type { Unpacking } from './unpacking.ts';

export interface RemoteWriterOptions extends Keep {
  /** The absolute or relative path in the container that '' of the tree is written to. Its parent must be there. */
  readonly destination: Name;
  readonly report: Report;
  /** As messages name the destination; undefined: as it is. */
  readonly shown?: Name | undefined;
  /** Whether the container has a tar. */
  readonly tar: boolean;
  /** undefined: nothing is compressed. */
  readonly compression?: Compression | undefined;
  /** Told what is compressed and why. */
  readonly log?: ((line: string) => void) | undefined;
  /**
   * The root is a directory that the entries leave out, and these are what the user named: a directory that is there keeps its
   * mode and time, and a file its inode.
   */
  readonly tops?: Tops | undefined;
  /** Marks the staging files of this run, eight hexadecimal digits: a later one takes them for its own. */
  readonly mark?: string | undefined;
  /** Go on with what earlier copies left of large files. */
  readonly resume?: RemoteResume | undefined;
}

/** A tree that is being written. */
export interface Writing extends Unpacking {
  readonly options: RemoteWriterOptions;
  readonly nonce: string;
  readonly base: Base;
  readonly batches: BatchBuilder;
  /** Files of the source that are named like what a copy leaves. */
  readonly brought: Set<Name>;
  readonly directories: Entry[];
  /** Files of batches that have a set-user-ID or set-group-ID bit. */
  readonly special: Entry[];
  readonly stored: { files: number; bytes: number };
  /** Of the tops those that are there. */
  readonly there: ReadonlyMap<Name, Entry['kind']>;
  /** How a file that is there was opened to be written over. */
  opened?: 'over' | 'direct';
}
