/** What the help shows of a flag, as oclif.manifest.json has it. */
export interface FlagManifest {
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly summary?: string;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly hidden?: boolean;
  readonly multiple?: boolean;
  readonly options?: readonly string[];
}

/** What the help shows of a command, as oclif.manifest.json has it. */
export interface CommandManifest {
  readonly summary: string;
  readonly description?: string;
  readonly usage: string;
  readonly aliases?: readonly string[];
  readonly examples?: readonly { readonly description: string; readonly command: string }[];
  readonly flags: Readonly<Record<string, FlagManifest>>;
  readonly hidden?: boolean;
}

/** What the list of commands is sorted by; a command that is in none of them stands with those of this machine. */
const inContainers = ['exec', 'cp', 'logs', 'fanout-exec', 'privileged-exec'];

/** What `kubectl kx` alone prints. */
export function rootHelp(commands: Readonly<Record<string, CommandManifest>>): string {
  const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
  const width = Math.max(...shown.map(([name]) => name.length));
  const list = (isWanted: (name: string) => boolean) =>
    columns(
      shown.filter(([name]) => isWanted(name)).map(([name, { summary }]) => [name, summary]),
      width,
    );
  const there = list((name) => inContainers.includes(name));
  const here = list((name) => !inContainers.includes(name));
  return sections([
    'kx runs commands in the containers of Kubernetes, copies files to and from them, and says truly how that ended.',
    `Examples:\n${rootExamples.map(spellExample).join('\n\n')}`,
    ...(there === '' ? [] : [`In containers:\n${there}`]),
    ...(here === '' ? [] : [`On this machine:\n${here}`]),
    'Usage:\n  kubectl kx COMMAND [flags]',
    'Use "kubectl kx COMMAND --help" for more about a command, "kubectl kx --version" for the version.',
  ]);
}

const rootExamples = [
  { description: 'A shell in the first pod of a deployment', command: 'kubectl kx exec -it deploy/web -- sh' },
  { description: 'A directory up into a pod', command: 'kubectl kx cp site web:/srv' },
  {
    description: 'The logs of all pods of a deployment, as they come',
    command: 'kubectl kx logs -f deploy/web --all-pods',
  },
  { description: 'A command in every pod with a label', command: 'kubectl kx fanout-exec -l app=web -- uptime' },
];

/** The help of one command, in the manner of kubectl: what, examples, flags by group, usage. */
export function commandHelp(command: CommandManifest): string {
  const examples = (command.examples ?? []).map(spellExample);
  const groups = Object.groupBy(
    Object.entries(command.flags).filter(([, { hidden }]) => hidden !== true),
    ([, { helpGroup }]) => helpGroup ?? 'Flags',
  );
  return sections([
    command.summary,
    ...(command.description === undefined ? [] : [command.description]),
    ...(command.aliases === undefined ? [] : [`Aliases:\n  ${command.aliases.join(', ')}`]),
    ...(examples.length === 0 ? [] : [`Examples:\n${examples.join('\n\n')}`]),
    ...Object.entries(groups)
      .sort(baseFlagsLast)
      .map(([group, flags = []]) => {
        const rows = flags.map(([name, flag]): [string, string] => [spell(name, flag), flag.summary ?? '']);
        return `${group}:\n${columns(rows)}`;
      }),
    `Usage:\n  kubectl kx ${command.usage}`,
  ]);
}

/** oclif puts the flags of the base class first; nobody asks for help to read them. */
function baseFlagsLast([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Number(a === 'Other') - Number(b === 'Other');
}

function spell(name: string, { char, helpValue }: FlagManifest): string {
  const short = char === undefined ? '    ' : `-${char}, `;
  return `${short}--${name}${helpValue === undefined ? '' : ` ${helpValue}`}`;
}

function spellExample({ description, command }: { description: string; command: string }): string {
  return `  # ${description}\n  ${command}`;
}

function columns(
  rows: readonly (readonly [string, string])[],
  width: number = Math.max(...rows.map(([left]) => left.length)),
): string {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
}

function sections(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
