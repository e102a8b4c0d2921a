import { crc32 } from 'node:zlib';
import { displayName } from '../display-name.ts';
import { KxError } from '../../errors/index.ts';
import type { Name, Problem } from '../entry.ts';
import type { Prefix } from '../prefix.ts';
import type { RemoteEnd } from '../remote-end.ts';
import { cutShort, isExplained, stopped, StreamChanged } from './stream-endings.ts';
import type { Pace } from './pace.ts';
import { startSender, type RemoteSender } from './remote-sender.ts';
import { quietMark, sendCommand, sumMarks, type ResumePoint, type SendRequest } from './send-script.ts';
import type { EntryPlace, TarBytes } from '../tar/decode.ts';

/** What one copy knows of the container, through all of its connections. */
export interface SendSession {
  readonly end: RemoteEnd;
  readonly asked: {
    readonly path: Name;
    /** As messages name it. */
    readonly shown: Name;
    readonly list: SendRequest['list'];
    /** What is listed. */
    readonly members: readonly Name[];
  };
  /** Taken back when the container has one that cannot be relied on. */
  tar: boolean;
  readonly pace: Pace;
  /** Seconds since 1970. */
  readonly now: number;
  /** Gets what is said on stderr; gives how bad it is. */
  readonly onLine: (line: string) => Problem['level'] | undefined;
  identity?: string;
  /** 'file' or 'directory'. */
  kind?: string;
  since?: string;
  /** The worst that this run of the sender has said. */
  worst?: Problem['level'] | undefined;
  /** It has given up on a file that is shorter than it told. */
  fellShort?: boolean;
  lastLine: string;
}

export interface RemoteStream extends TarBytes {
  /** The member whose body comes now, for the check of a resume; '' for none. */
  member: Name;
  /** What is lost before it ends counts as no progress. */
  replaying: boolean;
  /**
   * Leaves out the first bytes of the body of an entry, of which something may have been handed out, when they have these
   * sums in the container. Else, or when nothing there can tell, the body is handed out again from its beginning: false.
   */
  goOnBehind(place: EntryPlace, prefix: Prefix): Promise<boolean>;
  close(): Promise<void>;
}

/** A tar stream from a container that outlives its connections. Rejects with StreamChanged and SenderStopped, too. */
export function createRemoteStream(session: SendSession): RemoteStream {
  const { end } = session;
  let sender: RemoteSender | undefined;
  let lost: RemoteSender | undefined;
  /** Bytes that were handed out. */
  let position = 0;
  let last = Buffer.alloc(0) as Buffer;
  let start = -1;
  let header: Buffer = last;
  /** Of what was handed out of the body, where it is known. */
  let crc: number | undefined = 0;

  /** Counts the chunk that has been used up to what it belongs to. */
  function account(place: EntryPlace): void {
    const lastStart = position - last.length;
    if (place.start !== start) {
      start = place.start;
      header = last.subarray(0, 0);
      crc = 0;
    }
    const from = Math.max(start - lastStart, 0);
    const body = Math.min(Math.max(place.body - lastStart, from), last.length);
    if (body > from)
      header = header.length === 0 ? last.subarray(from, body) : Buffer.concat([header, last.subarray(from, body)]);
    if (body < last.length && crc !== undefined) crc = crc32(body === 0 ? last : last.subarray(body), crc);
    last = last.subarray(0, 0);
  }

  function resumePoint(member: Name, prefix: Prefix | undefined): ResumePoint | undefined {
    if (position === 0) return undefined;
    const bodyLength = position - start - header.length;
    const proofs = (['sha256', 'crc32'] as const).filter((sum) => prefix?.[sum] !== undefined);
    return { start, headerLength: header.length, bodyLength, member, proofs };
  }

  /** With a prefix its sums are compared, however long ago the file was changed. */
  async function open(prefix?: Prefix, compress = session.pace.compress): Promise<RemoteSender> {
    const from = resumePoint(stream.member, prefix);
    session.worst = undefined;
    session.fellShort = false;
    const { asked, now } = session;
    const request = { ...session, ...asked, compress, since: session.since ?? '', from };
    const opened = await startSender(end, sendCommand(request, now), asked.members, compress, hear);
    if (opened.kind === 'tarless' && session.tar) {
      await opened.close();
      session.tar = false;
      return open(prefix, compress);
    }
    try {
      if (check(session, opened) && from !== undefined) throw new StreamChanged(crc);
      if (from !== undefined) await checkResumed(opened, from, prefix);
    } catch (error) {
      await opened.close();
      throw error;
    }
    void lost?.close();
    lost = undefined;
    return opened;
  }

  function hear(line: string): void {
    session.lastLine = line;
    session.fellShort ||= /short read$/.test(line);
    const level = session.onLine(line);
    if (session.worst !== 'failure') session.worst = level ?? session.worst;
  }

  async function checkResumed(opened: RemoteSender, { bodyLength }: ResumePoint, prefix?: Prefix): Promise<void> {
    const again = await opened.take(header.length);
    const proof = (await opened.take(8)).toString('latin1');
    if (proof.length < 8) {
      await opened.ending();
      throw new StreamChanged(crc);
    }
    if (!again.equals(header)) throw new StreamChanged(crc);
    if (prefix === undefined ? proof === quietMark || proof === trailerOf(crc, bodyLength) : await proves(proof))
      return;
    throw new StreamChanged(crc);

    async function proves(mark: string): Promise<boolean> {
      if (mark === sumMarks.sha256) return (await opened.take(64)).toString('latin1') === prefix?.sha256;
      return mark === sumMarks.crc32 && (await opened.take(8)).toString('latin1') === trailerOf(crc, bodyLength);
    }
  }

  async function read(place: EntryPlace, over: boolean): Promise<Buffer | undefined> {
    account(place);
    for (;;) {
      try {
        sender ??= await open();
        if (session.pace.wanted !== undefined && !stream.replaying) sender = await change(sender, session.pace.wanted);
        const start = performance.now();
        const chunk = await sender.next();
        if (chunk !== undefined) {
          session.pace.note(chunk, performance.now() - start);
          position += chunk.length;
          last = chunk;
          if (!stream.replaying) end.retry.progressed();
          return chunk;
        }
        const { code } = await sender.ending();
        if (over && isExplained(code, session.worst)) return undefined;
        throw code === 0 ? cutShort() : stopped(code, session);
      } catch (error) {
        lost = sender ?? lost;
        sender = undefined;
        await end.retry.again(error);
      }
    }
  }

  /** The stream compressed or not from here on; the sender that there is goes on where that cannot be had. */
  async function change(former: RemoteSender, compress: SendRequest['compress']): Promise<RemoteSender> {
    const { worst } = session;
    try {
      const next = await open(undefined, compress);
      session.pace.changed(true);
      void former.close();
      return next;
    } catch {
      if (session.worst !== 'failure') session.worst = worst ?? session.worst;
      session.pace.changed(false);
      return former;
    }
  }

  async function goOnBehind(place: EntryPlace, prefix: Prefix): Promise<boolean> {
    account(place);
    await sender?.close();
    sender = undefined;
    [position, crc] = [place.body + prefix.length, prefix.crc32];
    try {
      for (;;) {
        try {
          sender = await open(prefix);
          return true;
        } catch (error) {
          await end.retry.again(error);
        }
      }
    } catch (error) {
      if (!(error instanceof StreamChanged)) throw error;
      [position, crc] = [place.body, 0];
      return false;
    }
  }

  const stream: RemoteStream = {
    member: '',
    replaying: false,
    async more(place) {
      const chunk = await read(place, false);
      if (chunk === undefined) throw cutShort();
      return chunk;
    },
    rest: (place) => read(place, true),
    goOnBehind,
    async close() {
      await Promise.all([sender?.close(), lost?.close()]);
    },
  };
  return stream;
}

/** What gzip ends with, as far as it is known. */
function trailerOf(crc: number | undefined, length: number): string | undefined {
  if (crc === undefined) return undefined;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return trailer.toString('latin1');
}

/** The same container as ever, and something there that can be sent. True when it is of another kind than it was. */
function check(session: SendSession, { identity, kind, since }: RemoteSender): boolean {
  session.identity ??= identity;
  session.since ??= since;
  if (session.identity !== identity) {
    throw new KxError('KX_TARGET_CHANGED', 'the container was started again while it was copied from', { ran: 'yes' });
  }
  const before = session.kind;
  session.kind = kind;
  if (kind === 'file' || kind === 'directory') return before !== undefined && before !== kind;
  const why = reasons[kind] ?? `is a ${kind}`;
  throw new KxError('KX_COPY_SOURCE', `${displayName(session.asked.shown)} in the container ${why}`, { ran: 'yes' });
}

const reasons: Readonly<Record<string, string>> = {
  absent: 'does not exist, or may not be looked at',
  denied: 'cannot be entered: permission denied',
  other: 'is neither a file nor a directory',
};
