import { KxError } from '../../errors/index.ts';
import { toName, type Entry, type Name, type Report, type TreeWriter } from '../entry.ts';
import type { Place } from './confine.ts';
import { writeDevice } from './device.ts';
import { createLateDirectories } from './directories.ts';
import { writeFile } from './file.ts';
import { countEntries, type Limits } from './limits.ts';
import { writeSymlink } from './link.ts';
import { createParts, type LocalResume } from './parts.ts';
import { below } from './path.ts';
import { PathProblem, problemOfPath } from './problem.ts';
import { inspectRoot } from './root.ts';
import { writeBelow } from './tree.ts';

export interface LocalWriterOptions {
  /** Where the root of the tree is written to. Directories above it that are missing are made; its symlinks are followed. */
  readonly destination: string | Buffer;
  readonly report: Report;
  /** Modes (without setuid, setgid and sticky bits) and times. Otherwise modes are what the umask leaves of them. */
  readonly preserve: boolean;
  /** Owners and groups, and with `preserve` all bits of the mode. */
  readonly sameOwner: boolean;
  /**
   * The root is a directory that the entries leave out, and what is directly in it are what the user named: such a directory
   * that was there keeps its mode and time.
   */
  readonly hasTops?: boolean;
  /** What a hostile source may not exceed. */
  readonly limits: Limits;
  /** Marks the staged files of this run: a later one takes them for its own. */
  readonly mark?: string | undefined;
  /** Go on with what earlier copies left of large files. */
  readonly resume?: LocalResume | undefined;
}

/**
 * Writes a tree to this machine. Whatever the entries are, nothing outside of the destination is written, made, linked or
 * changed: a name that leads out ends the copy (KX_COPY_UNSAFE_PATH), and no symlink below the destination is followed,
 * whether the copy made it or it was there. Symlinks themselves are made as they are; see writeSymlink.
 *
 * A file has its final name only when it is whole; one that exists keeps its inode. A file or link replaces a symlink, and
 * a link a file; a directory replaces nothing and is replaced by nothing. A directory gets its mode and time in `finish`;
 * the destination itself keeps its own when it was there. KX_COPY_DESTINATION: a full disk, a read-only file system, a
 * limit, and whatever keeps the root from being written. Pieces of a body are held until they are written.
 *
 * What has come of a file of 1 MiB or more when a connection is lost is kept beside it as `.NAME.kx-part`; a copy that
 * brings the file whole goes on with it (`resume`), or removes it.
 */
export function writeLocalTree(options: LocalWriterOptions): TreeWriter {
  const destination = toName(options.destination);
  const { report } = options;
  const count = countEntries(options.limits);
  const directories = createLateDirectories();
  const incomplete = new Set<Name>();
  const parts = createParts(options.resume);
  const stored = { files: 0, bytes: 0 };
  const putFile = async (entry: Entry, place: Place): Promise<void> => {
    const overwriting = (now: boolean): unknown => (now ? incomplete.add(entry.path) : incomplete.delete(entry.path));
    await writeFile(entry, place, options, parts, overwriting);
    parts.brought(entry.path);
    stored.files++;
    stored.bytes += entry.size;
  };
  const putBelow = writeBelow(
    destination,
    options,
    directories,
    options.resume?.made === true,
    options.hasTops === true,
    putFile,
  );
  let whole = false;

  async function putRoot(entry: Entry): Promise<void> {
    const { kind, full } = inspectRoot(destination);
    if (kind === 'directory') throw new PathProblem('a directory is where a file is to be');
    if (entry.kind === 'symlink' && kind !== 'device') writeSymlink(entry, destination, options);
    else if (entry.kind !== 'file') throw new PathProblem('a link cannot be written there');
    else if (kind === 'dangling') throw new PathProblem('it is a symlink to nothing');
    else if (kind === 'device') await writeDevice(entry, full);
    else await putFile(entry, { full, isFresh: false });
    whole = true;
  }

  return {
    async write(entry) {
      // A symlink that was written to the destination itself is none that the user named.
      if (whole) throw new KxError('KX_COPY_UNSAFE_PATH', 'the source sends more than the one file that was copied');
      count(entry);
      try {
        await (entry.path === '' && entry.kind !== 'directory' ? putRoot(entry) : putBelow(entry));
      } catch (error) {
        const message = problemOfPath(error, entry.path, below(destination, entry.path));
        report({ level: 'failure', path: entry.path, message });
      }
    },
    finish() {
      directories.settle(options);
      return Promise.resolve();
    },
    abort() {
      directories.settle({ ...options, report: () => {} });
      return Promise.resolve({ stored, kept: parts.kept, incomplete: [...incomplete] });
    },
  };
}
