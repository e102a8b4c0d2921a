import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';

const countsOfDd = /^\d+\+\d+ records (?:in|out)$|^\d+ bytes .* copied/;
const clocks = /time stamp .* in the future|implausibly old time ?stamp/;
const hopeless = /No space left on device|Read-only file system|[Dd]isk quota exceeded|File too large/;

/** Why a tool failed, without the names that it was about: the system's words stand at the end. */
export function reasonOf(said: readonly Name[], otherwise: string): string {
  const words = said.filter((line) => line !== '' && !countsOfDd.test(line));
  const telling = words.find((line) => /: [^:/]+$/.test(line)) ?? words[0];
  if (telling === undefined) return otherwise;
  return displayName(telling.slice(telling.lastIndexOf(': ') + 1)).trim();
}

/** Throws when what was said is true of everything that would be written next. `place` is what was being written. */
export function throwIfHopeless(said: readonly Name[], place: Name): void {
  const line = said.find((words) => hopeless.test(words));
  if (line !== undefined) throw destinationError(place, hopeless.exec(line)?.[0] ?? '');
}

/** The error of a destination that cannot be written. */
export function destinationError(place: Name, reason: string): KxError {
  return new KxError('KX_COPY_DESTINATION', `cannot write ${displayName(place)} in the container: ${reason}`, {
    ran: 'yes',
  });
}

/** What a tool said although it did everything, as far as anybody wants to know. */
export function remarksOf(said: readonly Name[]): string[] {
  return said.filter((line) => line.trim() !== '' && !clocks.test(line) && !countsOfDd.test(line)).map(displayName);
}
