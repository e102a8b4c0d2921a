import type { CommandManifest, FlagManifest } from '../../cli/help.ts';
import { splitAtDashes } from '../../cli/words.ts';
import { nothing, type Candidate, type Completions } from './completions.ts';
import { meaningsOfArgument, meaningsOfFlag, type Slot } from './meanings.ts';
import { readLine, type Line } from './read-line.ts';
import type { World } from './world.ts';

/** What the completion reads of a command: the flags, arguments and values that oclif.manifest.json has. */
export interface CompletedCommand extends CommandManifest {
  readonly args?: Readonly<Record<string, Slot>>;
}

type Commands = Readonly<Record<string, CompletedCommand>>;

/**
 * What the last of the words could become, and how much of that word is given (a value behind `--flag=` has a word of its
 * own). Whatever a command declares in its flags and arguments is completed; nothing here knows a command by its name.
 * Rejects where something that had to be asked did not answer.
 */
export async function completeWords(
  words: readonly string[],
  commands: Commands,
  openWorld: (line: Line) => Promise<World>,
): Promise<{ readonly completions: Completions; readonly word: string }> {
  const current = words.at(-1) ?? '';
  const { own, remote } = splitAtDashes(words.slice(0, -1));
  const found = findCommand([...own, current], commands, remote !== null);
  if (found === undefined) return { completions: { candidates: commandNames(commands) }, word: current };
  const { command, words: rest } = found;
  if (remote !== null) {
    const line = readLine([...rest.slice(0, -1), ''], command.flags);
    const { completeRemotePath } = await import('./candidates/remote-path.ts');
    return {
      completions: await completeRemotePath(current, remote.length, line, await openWorld(line)),
      word: current,
    };
  }
  const line = readLine(rest, command.flags);
  const completions = await completeLine(line, command, () => openWorld(line));
  return { completions, word: line.word };
}

async function completeLine(
  line: Line,
  command: CompletedCommand,
  openWorld: () => Promise<World>,
): Promise<Completions> {
  if (line.at.kind === 'flag') return { candidates: flagNames(command.flags) };
  if (line.at.kind === 'value') {
    const { flag } = line.at;
    const slot: (FlagManifest & Slot) | undefined = command.flags[flag];
    if (slot === undefined) return nothing;
    return complete(slot, meaningsOfFlag(flag, slot), line, openWorld);
  }
  const slots = Object.values(command.args ?? {});
  const slot = slots[line.args.length] ?? slots.findLast(({ multiple }) => multiple === true);
  if (slot === undefined) return nothing;
  return complete(slot, meaningsOfArgument(slot), line, openWorld);
}

async function complete(
  slot: Slot,
  meanings: ReturnType<typeof meaningsOfFlag>,
  line: Line,
  openWorld: () => Promise<World>,
): Promise<Completions> {
  if (slot.options !== undefined) return { candidates: slot.options.map((text) => ({ text })) };
  if (meanings.length === 0) return nothing;
  // What asks a cluster is loaded where a cluster is asked: most of the time of a completion is loading.
  const [{ candidatesFor }, world] = await Promise.all([import('./candidates/index.ts'), openWorld()]);
  return candidatesFor(meanings, line, world);
}

/** The command and the words without its name; undefined while the name itself is being typed. */
function findCommand(words: readonly string[], commands: Commands, isEnded: boolean) {
  const anyFlag = Object.assign({}, ...Object.values(commands).map(({ flags }) => flags)) as CompletedCommand['flags'];
  for (let at = 0; at < words.length - 1; at++) {
    const { args } = readLine([...words.slice(0, at + 1), ''], anyFlag);
    const [name] = args;
    if (name === undefined) continue;
    // `help NAME` is about a command, and takes its name.
    if (name === 'help') return undefined;
    const command = commands[name] ?? Object.values(commands).find(({ aliases }) => aliases?.includes(name));
    return { command: command ?? { summary: '', usage: '', flags: {} }, words: words.toSpliced(at, 1) };
  }
  const isName = readLine(words, anyFlag).at.kind === 'arg' && !isEnded;
  return isName ? undefined : { command: { summary: '', usage: '', flags: anyFlag }, words };
}

function commandNames(commands: Commands): readonly Candidate[] {
  const named = Object.entries(commands).flatMap(([name, { summary, hidden, aliases = [] }]) =>
    hidden === true ? [] : [name, ...aliases].map((text) => ({ text, note: summary.replace(/\.$/, '') })),
  );
  return [...named, { text: 'help', note: 'Show the help of a command' }];
}

function flagNames(flags: CompletedCommand['flags']): readonly Candidate[] {
  return Object.entries(flags).flatMap(([name, { char, hidden, summary = '' }]) =>
    hidden === true
      ? []
      : [{ text: `--${name}`, note: summary }, ...(char === undefined ? [] : [{ text: `-${char}`, note: summary }])],
  );
}
