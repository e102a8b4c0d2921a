import { asCalled } from './cli/called-as.ts';
import { findCommand } from './cli/find-command.ts';
import { commandHelp, rootHelp, type CommandManifest } from './cli/help.ts';
import { normaliseArgv } from './cli/normalise-argv.ts';
import { printReport, reportError } from './cli/report.ts';
import { splitAtDashes } from './cli/words.ts';
import { KxError } from './lib/errors/index.ts';
import { endProcess, print, printError, replaceProcessStreams } from './lib/terminal/index.ts';
import manifest from '../oclif.manifest.json' with { type: 'json' };

/** Every command by its name, loaded when it is run. `npm run surface` makes oclif.manifest.json from them. */
export const commands = {
  completion: () => import('./commands/completion.ts'),
  config: () => import('./commands/config.ts'),
  cp: () => import('./commands/cp.ts'),
  doctor: () => import('./commands/doctor.ts'),
  exec: () => import('./commands/exec.ts'),
  'fanout-exec': () => import('./commands/fanout-exec.ts'),
  logs: () => import('./commands/logs.ts'),
  'privileged-exec': () => import('./commands/privileged-exec.ts'),
  sandbox: () => import('./commands/sandbox.ts'),
  version: () => import('./commands/version.ts'),
};

const described = manifest.commands as unknown as Readonly<Record<string, CommandManifest>>;

/** Runs the words of a command line and ends the process. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (thrown: unknown) => {
      const { text, exit } = reportError(thrown, !(thrown instanceof KxError));
      printError(text);
      void endProcess(exit);
    });
  }
  let exitCode: number;
  try {
    exitCode = await runWords(argv);
  } catch (error) {
    exitCode = await printReport(error, false);
  }
  await endProcess(exitCode);
}

/** Help comes from the manifest: no command is loaded for it. */
async function runWords(argv: readonly string[]): Promise<number> {
  const { own, remote } = splitAtDashes(argv);
  const asksHelp = own[0] === 'help';
  const { name, words } = findCommand(asksHelp ? own.slice(1) : own, described);
  if (name === undefined) {
    print(asCalled(rootHelp(described)));
    return 0;
  }
  const command = described[name];
  if (command === undefined) throw new Error(`${name} is not in the manifest`);
  if (asksHelp || normaliseArgv(words, command.flags).includes('--help')) {
    print(asCalled(commandHelp(command)));
    return 0;
  }
  return runCommand(name as keyof typeof commands, words, remote);
}

async function runCommand(
  name: keyof typeof commands,
  words: readonly string[],
  remote: readonly string[] | null,
): Promise<number> {
  // oclif touches process.stdout as soon as it is loaded.
  replaceProcessStreams();
  const [{ default: Command }, { makeConfig }] = await Promise.all([commands[name](), import('./base-command.ts')]);
  const load = async (other: string) => (await commands[other as keyof typeof commands]()).default;
  const command = new Command(words, remote, makeConfig(manifest.version, load));
  command.id = name;
  return command.start();
}
