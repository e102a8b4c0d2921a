import type { Entry, Name } from '../entry.ts';
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
 * where nothing was left, or what was left is not what the source has, or the container has no gzip that could tell.
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
      const body = await entry.after(found.length, found.crc);
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

/** A number of blocks, and the CRC-32 of them as `od -b` shows it. */
function readSum(words: string): { readonly length: number; readonly crc: number } | undefined {
  const [, blocks, ...bytes] = /^(\d+) ([0-7]{3}) ([0-7]{3}) ([0-7]{3}) ([0-7]{3})$/.exec(words) ?? [];
  if (blocks === undefined || blocks === '0') return undefined;
  return { length: Number(blocks) * block, crc: Buffer.from(bytes.map((byte) => parseInt(byte, 8))).readUInt32LE() };
}
