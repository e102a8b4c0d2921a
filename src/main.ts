import { writeSync } from 'node:fs';

/** Put in by the build; sources that run as they are have none. */
declare const KX_VERSION: string | undefined;

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
  const version = typeof KX_VERSION === 'string' ? KX_VERSION : 'from source';
  writeSync(1, `kubectl-kx ${version} (${process.platform}/${process.arch})\n`);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(argv);
}
