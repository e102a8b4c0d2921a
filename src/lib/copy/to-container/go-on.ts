import type { Entry, Name } from '../entry.ts';
import type { Prefix } from '../prefix.ts';
import type { Answer } from './receive-script.ts';
import { stagePrefix, type StagedFile } from './staged-files.ts';
import type { Unpacking } from './unpacking.ts';

/** How an earlier copy is gone on with. */
export interface RemoteResume {
  /** What the staging files of earlier runs are marked with, which are over. */
  readonly marks: readonly string[];
  /** The root was made by one of them: it gets its mode and time. */
  readonly made: boolean;
}

const block = 64 * 1024;

/**
 * Takes what an earlier copy left of a file for its staging file, and gives the entry with what is still to be sent: all of it
 * where nothing was left, or what was left is not what the source has, or the container has neither gzip nor sha256sum to tell.
 */
export async function goOnWith(to: Unpacking, file: StagedFile, entry: Entry, { marks }: RemoteResume): Promise<Entry> {
  // Behind whole blocks; of what is sent one is whole, as the receiver takes no less.
  const most = Math.floor(entry.size / block) - 1;
  if (entry.after === undefined || most < 1) return entry;
  const names = [stagePrefix(file.final), file.stage];
  const over = marks.join(',') || '-';
  for (;;) {
    const { words } = await ask(to, 'r', `${most} ${over}`, names);
    if (words === 'none') return entry;
    const found = readSum(words);
    if (found !== undefined) {
      file.stored = file.posted = found.length;
      const body = await entry.after(found);
      if (body !== undefined) {
        await ask(to, 'w', `- ${over}`, names);
        return { ...entry, size: entry.size - found.length, body };
      }
      file.stored = file.posted = 0;
    }
    if ((await ask(to, 'x', '', [file.stage])).status !== 0) return entry;
  }
}

async function ask(
  { delivery }: Unpacking,
  letter: string,
  words: string,
  names: readonly Name[],
): Promise<Pick<Answer, 'status' | 'words'>> {
  const answer = Promise.withResolvers<Answer>();
  delivery.post({ letter, words, names, answered: answer.resolve });
  await delivery.settled();
  return answer.promise;
}

/** A number of blocks, and their CRC-32 as `od -b` shows it, or their SHA-256. */
function readSum(words: string): Prefix | undefined {
  const [, blocks, bytes, sha256] = /^(\d+) (?:crc ((?:[0-7]{3} ?){4})|sha ([0-9a-f]{64}))$/.exec(words) ?? [];
  if (blocks === undefined || blocks === '0') return undefined;
  const length = Number(blocks) * block;
  if (bytes === undefined) return { length, sha256 };
  return { length, crc32: Buffer.from(bytes.split(' ').map((byte) => parseInt(byte, 8))).readUInt32LE() };
}
