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

/** What `kubectl kx` alone prints. */
export function rootHelp(commands: Readonly<Record<string, CommandManifest>>): string {
  const shown = Object.entries(commands).filter(([, { hidden }]) => hidden !== true);
  return sections([
    'kx runs commands in the containers of Kubernetes, copies files to and from them, and says truly how that ended.',
    `Commands:\n${columns(shown.map(([name, { summary }]) => [name, summary]))}`,
    'Usage:\n  kubectl kx COMMAND [flags]',
    'Use "kubectl kx COMMAND --help" for more about a command, "kubectl kx --version" for the version.',
  ]);
}

/** The help of one command, in the manner of kubectl: what, examples, flags by group, usage. */
export function commandHelp(command: CommandManifest): string {
  const examples = (command.examples ?? []).map((example) => `  # ${example.description}\n  ${example.command}`);
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

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
}

function sections(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
