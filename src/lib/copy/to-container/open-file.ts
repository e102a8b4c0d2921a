import type { Name } from '../entry.ts';
import type { Answer } from './receive-script.ts';
import type { StagedFile } from './staged-files.ts';
import { destinationError, reasonOf } from './tool-words.ts';
import type { Unpacking } from './unpacking.ts';

/** Opens a file to be written: a staging file beside it, or, where nothing can be made there, itself. Undefined: it cannot be. */
export async function openFile(
  to: Unpacking,
  path: Name,
  stage: Name,
  final: Name,
): Promise<StagedFile['how'] | undefined> {
  const answer = Promise.withResolvers<Answer>();
  to.delivery.post({ letter: 'o', words: '', names: [stage, final], answered: answer.resolve });
  await to.delivery.settled();
  const { status, words, said } = await answer.promise;
  if (status === 0) return words === 'over' || words === 'direct' ? words : 'new';
  const reason = reasonOf(said, 'it cannot be opened');
  if (path === '') throw destinationError(to.place(path), reason);
  to.report({ level: 'failure', path, message: reason });
  return undefined;
}
