import { folderOfFiles } from '../node-pod/index.ts';
import type { Place } from './place.ts';

export const namespaceNames = ['mount', 'net', 'pid', 'ipc', 'uts', 'cgroup', 'user'] as const;

export type NamespaceName = (typeof namespaceNames)[number];

/** How a command comes into a place. */
export interface Entry {
  readonly namespaces: readonly NamespaceName[];
  /** UID or UID:GID in the user namespace of the place; 'target': those of its process; undefined: root. */
  readonly user: string | undefined;
  /** A directory of the place; 'target': that of its process; undefined: its root. */
  readonly cwd: string | undefined;
  /** True: the environment of its process; false: PATH, HOME and TERM. */
  readonly inherit: boolean;
  /** Set over the above. */
  readonly env: Readonly<Record<string, string>>;
  /** True: the command is in the image of the helper, and the files of the place are at $KX_TARGET_ROOT. */
  readonly tools: boolean;
  /** True: commands that the place lacks are looked for in the image of the helper, where that has a sh without libraries. */
  readonly lend?: boolean;
}

/** The usual entry, as root: into all namespaces, or with tools into those that do not take their files and their name away. */
export function entryFor(tools: boolean): Entry {
  // To look at the processes of the target tools need its PID namespace.
  const namespaces = tools ? (['net', 'pid', 'ipc'] as const) : namespaceNames;
  return { namespaces, user: undefined, cwd: undefined, inherit: false, env: {}, tools };
}

/** The name of the script of enter-script.ts among the files of a node pod. */
export const enterFile = 'enter';

/** The words that run a command in a place, as the script of enter-script.ts takes them. */
export function enterWords(nonce: string, place: Place, entry: Entry, command: readonly string[]): string[] {
  const settings = {
    kind: place.kind,
    ...(place.kind === 'container' ? { id: place.containerId, uid: place.podUid } : {}),
    namespaces: entry.namespaces.join(' '),
    ...(entry.user === undefined ? {} : { user: entry.user }),
    ...(entry.cwd === undefined ? {} : { cwd: entry.cwd }),
    ...(entry.inherit ? { inherit: '1' } : {}),
    ...(entry.tools ? { tools: '1' } : {}),
    ...(entry.lend === true ? { lend: '1' } : {}),
  };
  const words = (values: Readonly<Record<string, string>>): string[] =>
    Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return [
    'sh',
    `${folderOfFiles}/${enterFile}`,
    nonce,
    ...words(settings),
    '--',
    ...words(entry.env),
    '--',
    ...command,
  ];
}
