import type { Entry } from '../entry.ts';
import { postDirectories, postDirectoryAttributes, postMode } from './unpacking.ts';
import type { Writing } from './writing.ts';

/** So many names are given to one chmod. */
const modesAtOnce = 100;

/** What is kept of directories changes with what is written into them, or forbids it: it comes last, deepest first. */
export async function finishDirectories(to: Writing): Promise<void> {
  const { delivery, options, special } = to;
  const found = (await delivery.hello).found;
  const isOpen = ({ mode }: Entry): boolean => (mode & 0o700) === 0o700;
  // A directory that was there before the copy stays as it is.
  const isOurs = found !== 'directory' || options.resume?.made === true;
  const made = to.directories.filter(({ path }) => path !== '' || isOurs).reverse();
  const byTar = options.tar && options.preserve ? made.filter(isOpen) : [];
  for (const entry of byTar) {
    await delivery.room();
    if (!to.batches.fits(entry)) postDirectories(to, to.batches.take());
    await to.batches.add(entry);
  }
  if (!to.batches.isEmpty) postDirectories(to, to.batches.take());
  // Some tars give modes to what they make only, and without these bits, unless root runs them.
  for (const [mode, entries] of Map.groupBy(
    options.preserve ? [...special, ...byTar] : [],
    ({ mode }) => mode & 0o7777,
  )) {
    for (let at = 0; at < entries.length; at += modesAtOnce) {
      await delivery.room();
      postMode(
        to,
        mode,
        entries.slice(at, at + modesAtOnce).map(({ path }) => path),
      );
    }
  }
  for (const entry of made) {
    if (isOpen(entry) && (options.tar || !options.preserve)) continue;
    await delivery.room();
    postDirectoryAttributes(to, entry);
  }
}
