import { writeSync } from 'node:fs';
import { versionLine } from './cli/version.ts';
import { wordsToComplete } from './cli/words-to-complete.ts';

/** Put in by the build; sources that run as they are have none. */
declare const KX_VERSION: string | undefined;

const argv = process.argv.slice(2);
const unfinished = wordsToComplete(process.argv0, argv);

if (unfinished !== undefined) {
  const { printCompletions } = await import('./commands/completion/print-completions.ts');
  await printCompletions(unfinished);
} else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
  writeSync(1, versionLine(typeof KX_VERSION === 'string' ? KX_VERSION : 'from source'));
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(argv);
}
