import { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import { watchInterrupts, type Interrupts, type SignalHandler } from './cli/interrupts.ts';
import { normaliseArgv, unguardValue } from './cli/normalise-argv.ts';
import { printReport } from './cli/report.ts';
import type { CommandManifest } from './cli/help.ts';
import { checkValues, settingsFor } from './cli/settings.ts';
import { usageError } from './cli/usage-error.ts';
import { commonFlags } from './flags.ts';
import { printError } from './lib/terminal/index.ts';
import manifest from '../oclif.manifest.json' with { type: 'json' };

/** What oclif calls FlagOutput and ArgOutput, and does not export. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Output = Record<string, any>;

type FlagsOfCommand = NonNullable<Input<Output, Output, Output>['flags']>;

/**
 * What oclif wants to know of the program; `load` gives a command by its name. It is never loaded: that would look for plugins, themes, hooks and a shell on the
 * disk.
 */
export function makeConfig(version: string, load: (name: string) => Promise<unknown>): Config {
  return Object.assign(new Config({ root: '/' }), {
    bin: 'kubectl kx',
    name: 'kubectl-kx',
    version,
    topicSeparator: ' ' as const,
    findCommand: (name: string) => ({ load: () => load(name) }),
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
  });
}

/** What a command is given besides its flags. */
export interface CommandContext {
  /** Aborts on Ctrl-C, SIGTERM or SIGHUP; its reason is the KxError to fail with. */
  readonly signal: AbortSignal;
  /** Takes over those signals: see `Interrupts.take`. Gives back what undoes it. */
  takeSignals(handler: SignalHandler): () => void;
  /** Whether `-v` is at least `level`. */
  isVerbose(level: number): boolean;
  /** Writes one line to stderr if `-v` is at least `level`. Never give it a credential. */
  log(level: number, message: string): void;
}

/**
 * The base of every command: words are read as kubectl reads them, wrong ones are KX_USAGE, and signals are an AbortSignal.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = commonFlags;

  /** The words behind `--`, untouched; null when there was no `--`. */
  readonly remoteWords: readonly string[] | null;

  /** What `run` works with; the level of `-v` is known once the flags are parsed. */
  protected readonly context: CommandContext;
  readonly #interrupts: Interrupts;
  #verbosity = 0;

  constructor(words: readonly string[], remoteWords: readonly string[] | null, config: Config) {
    super([...words], config);
    this.remoteWords = remoteWords;
    this.#interrupts = watchInterrupts((code) => process.exit(code));
    this.context = {
      signal: this.#interrupts.signal,
      takeSignals: (handler) => this.#interrupts.take(handler),
      isVerbose: (level) => this.#verbosity >= level,
      log: (level, message) => {
        if (this.#verbosity >= level) printError(`${message}\n`);
      },
    };
  }

  /** Does the work and gives the exit code. */
  abstract override run(): Promise<number>;

  /** Runs the command the way oclif does and gives the exit code; what it throws is printed. */
  async start(): Promise<number> {
    try {
      return await this._run<number>();
    } catch (error) {
      return printReport(error, this.context.isVerbose(1));
    }
  }

  /** Words that mean nothing are KX_USAGE. */
  protected override async parse<F extends Output, B extends Output, A extends Output>(
    options?: Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    const own = this.ctor as unknown as Input<F, B, A>;
    const { flags = {}, baseFlags = {}, ...rest } = options ?? own;
    const all: FlagsOfCommand = { ...baseFlags, ...flags };
    const commands = manifest.commands as unknown as Readonly<Record<string, CommandManifest>>;
    const settings = Object.entries(await settingsFor(this.id ?? '', argv, commands, process.env));
    for (const [name, setting] of settings) await checkValues(setting, all[name], this);
    const added = settings.flatMap(([name, { values }]) => values.map((value) => `--${name}=${value}`));
    const words = normaliseArgv([...added, ...argv], all);
    try {
      const parsed = await super.parse<F, B, A>({ ...rest, flags: unguardAll(all) } as Input<F, B, A>, words);
      this.#verbosity = (parsed.flags as { v?: number }).v ?? 0;
      for (const [name, { values, origin }] of settings) this.context.log(1, `--${name}=${values.join()} by ${origin}`);
      return parsed;
    } catch (error) {
      throw usageError(error);
    }
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#interrupts.stop();
    await super.finally(error);
  }

  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}

/** The flags with a parser that sees each value as it was typed. */
function unguardAll(flags: FlagsOfCommand): FlagsOfCommand {
  const unguarded: FlagsOfCommand = {};
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.type === 'boolean') {
      unguarded[name] = flag;
    } else {
      const parse: typeof flag.parse = (value, context, options) => flag.parse(unguardValue(value), context, options);
      unguarded[name] = { ...flag, parse };
    }
  }
  return unguarded;
}
