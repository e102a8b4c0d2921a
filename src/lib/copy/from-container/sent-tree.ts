import { crc32 } from 'node:zlib';
import { KxError } from '../../errors/index.ts';
import type { Compression } from '../compression.ts';
import { displayName } from '../display-name.ts';
import { emptyBody, onePiece, type Entry, type Name, type Problem, type Report, type TreeReader } from '../entry.ts';
import type { Filter } from '../filter.ts';
import { createIntake, type Intake } from './intake.ts';
import type { Prefix } from '../prefix.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { createPace } from './pace.ts';
import { createRemoteStream, type RemoteStream, type SendSession } from './remote-stream.ts';
import { SenderStopped, StreamChanged } from './stream-endings.ts';
import type { SendRequest } from './send-script.ts';
import { decodeTar, type TarDecoder, type TarEntry } from '../tar/decode.ts';
import { readTarMessage } from './tar-messages.ts';
import { findPlace, placeMember, type ArchiveRoots, type MemberPlace } from './roots.ts';

/** How a container sends what is read from it. */
export interface SendingOptions {
  /** Gets paths below what each was asked for as. */
  readonly filter: Filter;
  readonly report: Report;
  /** undefined: nothing is compressed. */
  readonly compression?: Compression | undefined;
  /** Told what is compressed and why. */
  readonly log?: ((line: string) => void) | undefined;
  /** False: there is none, or it is not to be used; a shell script sends what a tar would. */
  readonly tar: boolean;
  /** How many bytes all files together may have. */
  readonly maxBytes?: number | undefined;
}

/** What a sender is asked for, and where what comes belongs. */
export interface Asked {
  readonly path: Name;
  readonly shown: Name;
  readonly list: SendRequest['list'];
  /** The members that are listed. */
  readonly members: readonly Name[];
  /** Paths that are to come. */
  readonly awaited: readonly Name[];
  /** Paths that alone something is said of; undefined: of all. */
  readonly only: ReadonlySet<Name> | undefined;
  /** `kind` is that of `path`. */
  readonly roots: (kind: string | undefined) => ArchiveRoots;
}

/** So many finished paths are kept for the case that a connection is lost and the tree has changed by then. */
const mostRemembered = 200_000;
const mostReported = 10_000;
/** A larger body is given out in pieces, and can be gone on with. */
const largestAtHand = 256 << 10;

/** Reads what a sender is asked for. Nothing that was asked for is nothing. */
export function readSent(end: RemoteEnd, asked: Asked, options: SendingOptions): TreeReader {
  return { entries: () => new RemoteTree(end, asked, options).entries() };
}

class RemoteTree {
  readonly #options: SendingOptions;
  readonly #asked: Asked;
  readonly #session: SendSession;
  readonly #finished = new Set<Name>();
  readonly #reported = new Set<string>();
  /** What was asked for by its name, and has neither come nor been reported. */
  readonly #awaited: Set<Name>;
  #stream: RemoteStream;
  #tar: TarDecoder;
  /** Counts the runs through the stream from its beginning. */
  #runs = 0;
  /** Something unfinished came before the file in progress: another run has to fetch it. */
  #missed = false;
  readonly #intake: Intake;
  #known: ArchiveRoots | undefined;

  constructor(end: RemoteEnd, asked: Asked, options: SendingOptions) {
    this.#options = options;
    this.#asked = asked;
    this.#intake = createIntake({ ...options, report: (problem) => this.#report(problem) });
    this.#awaited = new Set(asked.awaited);
    this.#session = {
      end,
      asked,
      tar: options.tar,
      pace: createPace(options.compression, options.log ?? (() => {})),
      now: Math.floor(Date.now() / 1000),
      onLine: (line) => this.#hear(line),
      lastLine: '',
    };
    this.#stream = createRemoteStream(this.#session);
    this.#tar = decodeTar(this.#stream);
  }

  async *entries(): AsyncGenerator<Entry> {
    if (this.#asked.list !== '' && this.#asked.members.length === 0) return;
    try {
      for (;;) {
        const member = await this.#next();
        if (member === undefined) {
          if (!this.#missed) break;
          await this.#restart();
          continue;
        }
        const place = placeMember(member.name, this.#roots);
        const { path } = place;
        this.#awaited.delete(path);
        if (this.#runs > 0 && this.#finished.has(path)) continue;
        this.#stream.replaying = false;
        const entry = this.#entry(member, place);
        if (entry !== undefined) yield entry;
        if (this.#finished.size < mostRemembered) this.#finished.add(path);
      }
      for (const path of this.#awaited) this.#report({ level: 'failure', path, message: 'did not come' });
    } finally {
      await this.#stream.close();
    }
  }

  get #roots(): ArchiveRoots {
    const { kind } = this.#session;
    if (kind === undefined) return this.#asked.roots(kind);
    return (this.#known ??= this.#asked.roots(kind));
  }

  /** The next member, in whichever run. */
  async #next(): Promise<TarEntry | undefined> {
    for (;;) {
      try {
        const member = await this.#tar.next();
        this.#stream.member = member?.type === '0' ? member.name : '';
        return member;
      } catch (error) {
        if (!(error instanceof StreamChanged)) throw error;
        await this.#restart();
      }
    }
  }

  /** Begins the stream anew; what is finished is not taken again. */
  async #restart(): Promise<void> {
    if (this.#finished.size >= mostRemembered) {
      throw new KxError(
        'KX_COPY_INCOMPLETE',
        'the tree changed while the connection was lost, and is too large to begin again',
        {
          ran: 'yes',
        },
      );
    }
    await this.#stream.close();
    this.#runs++;
    this.#missed = false;
    this.#stream = createRemoteStream(this.#session);
    this.#stream.replaying = true;
    this.#tar = decodeTar(this.#stream);
  }

  #entry(member: TarEntry, place: MemberPlace): Entry | undefined {
    const { path } = place;
    const facts = this.#intake.take(member, place, this.#roots);
    if (facts === undefined || facts.size === 0) return facts && { ...facts, body: emptyBody };
    const content = facts.size <= largestAtHand ? this.#tar.whole() : undefined;
    if (content !== undefined) return { ...facts, content, body: onePiece(content) };
    return { ...facts, body: this.#body(member, path), after: (prefix) => this.#after(member, path, prefix) };
  }

  async #after(member: TarEntry, path: Name, prefix: Prefix): Promise<AsyncIterable<Buffer> | undefined> {
    if (prefix.length > member.size) return undefined;
    const isSame = await this.#stream.goOnBehind(this.#tar.place, prefix);
    this.#tar.moveTo(isSame ? prefix.length : 0);
    return isSame ? this.#body(member, path, prefix.length) : undefined;
  }

  async *#body(member: TarEntry, path: Name, from = 0): AsyncGenerator<Buffer> {
    for (let done = from; done < member.size;) {
      const piece = await this.#piece(member, path, done);
      if (piece === undefined) {
        yield* this.#fillUp(path, member.size - done);
        return;
      }
      done += piece.length;
      yield piece;
    }
  }

  /** Some of a body, in whichever run; undefined when the container has no more of it. */
  async #piece(member: TarEntry, path: Name, done: number): Promise<Buffer | undefined> {
    try {
      return await this.#tar.piece(member.size - done);
    } catch (error) {
      if (error instanceof SenderStopped) return undefined;
      if (!(error instanceof StreamChanged)) throw error;
      while (!(await this.#goOnInside(member, path, done, error.crc)));
      return this.#piece(member, path, done);
    }
  }

  /** busybox and toybox give up altogether when a file has become shorter. GNU tar fills it with zeros and goes on. */
  async *#fillUp(path: Name, missing: number): AsyncGenerator<Buffer> {
    this.#report({ level: 'failure', path, message: `File shrank by ${missing} bytes; padding with zeros` });
    await this.#restart();
    const zeros = Buffer.alloc(Math.min(missing, 65536));
    for (let left = missing; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
  }

  /** Finds a file in a new run and reads as much of it as is there already; it must be the same. False: to be tried again. */
  async #goOnInside(member: TarEntry, path: Name, done: number, crc: number | undefined): Promise<boolean> {
    await this.#restart();
    try {
      const again = await this.#find(path);
      this.#stream.member = again?.name ?? '';
      if (again?.type !== '0' || again.size < member.size || (await this.#sumOf(done)) !== crc) {
        throw new KxError('KX_COPY_INCOMPLETE', `${displayName(path)} changed while it was copied`, { ran: 'yes' });
      }
      if (again.size !== member.size || again.mtime !== member.mtime) {
        this.#report({ level: 'warning', path, message: 'file changed as we read it' });
      }
      this.#stream.replaying = false;
      return true;
    } catch (error) {
      if (error instanceof StreamChanged) return false;
      throw error;
    }
  }

  async #find(path: Name): Promise<TarEntry | undefined> {
    for (;;) {
      const member = await this.#tar.next();
      const found = member && placeMember(member.name, this.#roots).path;
      if (found === undefined || found === path) return member;
      this.#missed ||= !this.#finished.has(found);
    }
  }

  async #sumOf(length: number): Promise<number> {
    let crc = 0;
    for (let left = length; left > 0;) {
      const piece = (await this.#tar.piece(left)) ?? Buffer.alloc(0);
      crc = crc32(piece, crc);
      left -= piece.length;
    }
    return crc;
  }

  #hear(line: string): Problem['level'] | undefined {
    const problem = readTarMessage(line);
    if (problem === undefined) return undefined;
    const path = findPlace(problem.path, this.#roots)?.path ?? '';
    // Where it is not everything, some of what is said is of the rest.
    if (problem.path !== '' && this.#asked.only?.has(path) === false) return undefined;
    this.#awaited.delete(path);
    this.#report({ ...problem, path });
    return problem.level;
  }

  /** Once, whatever is read again. */
  #report(problem: Problem): void {
    const key = `${problem.path}\0${problem.message}`;
    if (this.#reported.has(key)) return;
    if (this.#reported.size < mostReported) this.#reported.add(key);
    this.#options.report(problem);
  }
}
