import { KxError } from '../../errors/index.ts';
import { attributeWords, type Attributes } from './attributes.ts';
import type { Delivery } from './delivery.ts';
import { displayName } from '../display-name.ts';
import type { Name, Report } from '../entry.ts';
import type { Packed } from './packing.ts';
import type { Parcel } from './parcel.ts';
import type { Answer } from './receive-script.ts';
import type { Command } from './receiver.ts';
import { destinationError, reasonOf, remarksOf, throwIfHopeless } from './tool-words.ts';

/** A file that is stored part by part under another name beside its own, until it is whole. */
export interface StagedFile {
  readonly path: Name;
  /** Its own name, as the receiver takes it. */
  readonly final: Name;
  /** Where its parts go: beside, or, 'direct', where nothing can be made beside it, in the file itself. */
  readonly stage: Name;
  /** 'over': what is there keeps its inode. */
  readonly how: 'new' | 'over' | 'direct';
  readonly parcels: Set<Parcel>;
  /** Bytes that are known to be stored. */
  stored: number;
  posted: number;
  committing: boolean;
  failed: boolean;
}

/** The files that are not whole yet. */
export interface StagedFiles {
  readonly open: ReadonlySet<StagedFile>;
  begin(path: Name, final: Name, how?: StagedFile['how'], stage?: Name): StagedFile;
  /** A name beside `final` that is of no other file. */
  nameStage(final: Name): Name;
  /**
   * Stores what follows what was posted before; all parts but the last are whole blocks of 64 KiB. In commands of a fitting size, or
   * in one, where it was compressed.
   */
  part(file: StagedFile, pieces: readonly Buffer[], packed?: Packed): void;
  /** Gives the file its attributes and its name. */
  commit(file: StagedFile, attributes: Attributes): void;
  /** A file that is not to become whole. */
  drop(file: StagedFile): void;
  /** Compares what the container has with what it acknowledged on an earlier connection. */
  compare(ask: (command: Command) => Promise<Answer>): Promise<void>;
}

export interface StagedFilesOptions {
  readonly delivery: () => Delivery;
  /** Tells the staging files of this copy from those of others. */
  readonly mark: string;
  readonly report: Report;
  /** Whether what has names that begin like this was left by other copies, and is removed when its file is whole. */
  readonly isLeft: (prefix: Name) => boolean;
  /** Told of every file that is whole, and its bytes. */
  readonly onStored: (bytes: number) => void;
  /** The whole name of a path in the container. */
  readonly place: (path: Name) => Name;
}

const block = 64 * 1024;
/** What there is of a file is kept from this size. */
export const leastKept = 1 << 20;
/** A name is at most 255 bytes long; what is put around it needs some. */
const longestBase = 200;

/** What the staging files of a file begin with; a mark and a number follow. */
export function stagePrefix(final: Name): Name {
  const slash = final.lastIndexOf('/') + 1;
  return `${final.slice(0, slash)}.${final.slice(slash, slash + longestBase)}.kx-part-`;
}

/**
 * How much of what is left goes into the next part: whole blocks, unless it is the last. One that is not the first has at least
 * one whole block, as the receiver cuts the file off where that begins.
 */
export function nextPart(left: number, partBytes: number): number {
  return left >= partBytes + block ? partBytes : left;
}

/** Keeps the books of files that are stored part by part. A failure of the root throws, that of another file is reported. */
export function createStagedFiles(options: StagedFilesOptions): StagedFiles {
  const { delivery, mark, report, isLeft, onStored, place } = options;
  const open = new Set<StagedFile>();
  let named = 0;

  const nameStage = (final: Name): Name => `${stagePrefix(final)}${mark}-${++named}`;
  const post = (
    file: StagedFile,
    command: Command & Pick<Parcel, 'packed'>,
    answered: (answer: Answer) => void,
    split?: (limit: number) => void,
  ): void => {
    const parcel: Parcel = {
      ...command,
      answered(answer) {
        file.parcels.delete(parcel);
        answered(answer);
      },
      ...(split && {
        split: (limit: number) => {
          file.parcels.delete(parcel);
          split(limit);
        },
      }),
    };
    file.parcels.add(parcel);
    delivery().post(parcel);
  };
  const postParts = (
    file: StagedFile,
    pieces: readonly Buffer[],
    from: number,
    limit: number,
    packed?: Packed,
  ): void => {
    let at = from;
    for (const [part, length] of cut(pieces, packed === undefined ? limit : Infinity)) {
      const words = `${Math.floor(length / block)} ${length % block} ${at / block} -`;
      const behind = (at += length);
      const answered = ({ status, said }: Answer): void => {
        if (status === 0) file.stored = behind;
        else if (status === 8) throw destinationError(place(file.path), reasonOf(said, 'a part could not be stored'));
        else fail(file, said);
      };
      const split = (smaller: number): void => postParts(file, part, behind - length, smaller);
      post(file, { letter: 'p', words, names: [file.stage], payload: part, packed }, answered, split);
    }
  };
  const forget = (file: StagedFile): void => {
    for (const parcel of file.parcels) delivery().withdraw(parcel);
    file.parcels.clear();
    open.delete(file);
  };
  const drop = (file: StagedFile): void => {
    file.failed = true;
    if (file.how === 'direct') open.delete(file);
    else post(file, { letter: 'x', words: '', names: [file.stage] }, () => open.delete(file));
  };
  const fail = (file: StagedFile, said: readonly Name[]): void => {
    if (file.failed) return;
    throwIfHopeless(said, place(file.path));
    const reason = reasonOf(said, 'it could not be stored');
    if (file.path === '') throw destinationError(place(''), reason);
    drop(file);
    report({ level: 'failure', path: file.path, message: reason });
  };

  return {
    open,
    nameStage,
    begin(path, final, how = 'new', stage = nameStage(final)) {
      const file: StagedFile = {
        ...{ path, final, stage, how, parcels: new Set<Parcel>() },
        ...{ stored: 0, posted: 0, committing: false, failed: false },
      };
      open.add(file);
      return file;
    },
    part(file, pieces, packed) {
      const from = file.posted;
      file.posted += lengthOf(pieces);
      postParts(file, pieces, from, delivery().partBytes, packed);
    },
    commit(file, attributes) {
      file.committing = true;
      const words = `${file.posted} ${attributeWords(attributes)} ${file.how}`;
      post(file, { letter: 'c', words, names: [file.stage, file.final] }, ({ status, said }) => {
        if (status !== 0) return fail(file, said);
        open.delete(file);
        onStored(file.posted);
        const prefix = stagePrefix(file.final);
        if (file.how !== 'direct' && file.posted >= leastKept && isLeft(prefix)) {
          delivery().post({ letter: 'w', words: '- -', names: [prefix, file.stage], answered: () => {} });
        }
        for (const message of remarksOf(said)) report({ level: 'warning', path: file.path, message });
      });
    },
    drop,
    async compare(ask) {
      for (const file of open) {
        if (file.stored === 0 || file.failed) continue;
        const { words } = await ask({ letter: 'q', words: '', names: [file.stage] });
        // Only a commit takes the staging file away; its answer was lost.
        if (words === 'gone' && file.committing) {
          forget(file);
          onStored(file.posted);
        } else if (!(Number(words) >= file.stored)) throw shrunk(place(file.path), words, file.stored);
      }
    },
  };
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The same bytes in parts, with the length of each. */
function* cut(pieces: readonly Buffer[], limit: number): Generator<[part: Buffer[], length: number]> {
  let left = lengthOf(pieces);
  let rest = [...pieces];
  do {
    const length = nextPart(left, limit);
    const part: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const [first = Buffer.alloc(0), ...others] = rest;
      part.push(first.subarray(0, missing));
      rest = first.length > missing ? [first.subarray(missing), ...others] : others;
      missing -= Math.min(missing, first.length);
    }
    yield [part, length];
    left -= length;
  } while (left > 0);
}

function shrunk(place: Name, found: string, stored: number): KxError {
  const has = found === 'gone' ? 'is gone' : `has ${found} bytes`;
  return new KxError(
    'KX_COPY_INCOMPLETE',
    `what was stored of ${displayName(place)} ${has} after the connection was lost, and had ${stored} before`,
    { ran: 'yes', hint: 'something else in the container changed it: copy again' },
  );
}
