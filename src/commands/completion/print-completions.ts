import manifest from '../../../oclif.manifest.json' with { type: 'json' };
import { endProcess, print } from '../../lib/terminal/index.ts';
import { completeWords, type CompletedCommand } from './complete.ts';
import { formatCompletions, nothing } from './completions.ts';

/** Somebody waits with a finger on the key: what has not answered by then is left out, and a little later all of it is. */
const [answerMs, endMs] = [2500, 3000];

/**
 * Answers a shell, or kubectl for it, with what the last word could become, and ends the process with 0. Says nothing about
 * errors: there is a command line on the screen.
 */
export async function printCompletions(words: readonly string[]): Promise<never> {
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, () => void endProcess(0));
  const signal = AbortSignal.timeout(answerMs);
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), endMs));
  const commands = manifest.commands as unknown as Readonly<Record<string, CompletedCommand>>;
  const asked = completeWords(words, commands, async (line) =>
    (await import('./world.ts')).openWorld(line, process.env, signal),
  );
  const answer = await Promise.race([asked, late]).catch(() => ({ completions: nothing, word: '' }));
  print(formatCompletions(answer.completions, answer.word));
  return endProcess(0);
}
