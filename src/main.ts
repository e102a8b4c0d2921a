import { writeSync } from 'node:fs';
import { wordsToComplete } from './cli/words-to-complete.ts';

/** Put in by the build; sources that run as they are have none. */
declare const KX_VERSION: string | undefined;

const argv = process.argv.slice(2);
const unfinished = wordsToComplete(process.argv0, argv);

if (unfinished !== undefined) {
  const { printCompletions } = await import('./commands/completion/print-completions.ts');
  await printCompletions(unfinished);
} else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
  const version = typeof KX_VERSION === 'string' ? KX_VERSION : 'from source';
  writeSync(1, `kubectl-kx ${version} (${process.platform}/${process.arch})\n`);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(argv);
}
