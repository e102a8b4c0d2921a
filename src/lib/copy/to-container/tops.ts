import type { Delivery } from './delivery.ts';
import type { Entry, Name } from '../entry.ts';
import type { Answer } from './receive-script.ts';
import { tarName } from './tar-batch.ts';
import { destinationError } from './tool-words.ts';

/** What is to stand directly below the destination of a forest, by name. */
export type Tops = ReadonlyMap<Name, 'file' | 'directory'>;

const namesAtOnce = 500;

/**
 * The tops that are there already, through their symlinks. Rejects with KX_COPY_DESTINATION for one that is a directory and is
 * to be a file, or the other way round.
 */
export async function findTops(
  delivery: Delivery,
  tops: Tops,
  place: (path: Name) => Name,
): Promise<ReadonlyMap<Name, Entry['kind']>> {
  const there = new Map<Name, Entry['kind']>();
  const names = [...tops.keys()];
  for (let at = 0; at < names.length; at += namesAtOnce) {
    const some = names.slice(at, at + namesAtOnce);
    const answered = ({ words }: Answer): void => {
      for (const [index, name] of some.entries()) {
        if (words[index] === 'd') there.set(name, 'directory');
        if (words[index] === 'e') there.set(name, 'file');
      }
    };
    await delivery.room();
    delivery.post({ letter: 'h', words: `- ${some.length}`, names: some.map(tarName), answered });
  }
  await delivery.settled();
  for (const [name, kind] of there) {
    if (kind === tops.get(name)) continue;
    throw destinationError(place(name), kind === 'directory' ? 'it is a directory' : 'it is not a directory');
  }
  return there;
}
