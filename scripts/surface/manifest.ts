import { Plugin } from '@oclif/core/config';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandManifest } from '../../src/cli/help.ts';
import { commands } from '../../src/program.ts';

/** The manifest as oclif makes it, of the commands in the table of src/program.ts. */
export async function describeCommands(
  root: string,
): Promise<{ commands: Record<string, CommandManifest>; version: string }> {
  const pjson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { name: string; version: string };
  const plugin = new Plugin({ root, pjson: { ...pjson, oclif: {} }, isRoot: true, ignoreManifest: true });
  // oclif looks for commands on the disk; here they are a table.
  Object.assign(plugin, {
    getCommandIDs: () => Promise.resolve(Object.keys(commands)),
    findCommand: async (id: keyof typeof commands) => Object.assign((await commands[id]()).default, { id, plugin }),
  });
  await plugin.load();
  const described = Object.entries(plugin.manifest.commands).map(([name, command]) => [name, prune(command)]);
  return { commands: Object.fromEntries(described) as Record<string, CommandManifest>, version: pjson.version };
}

/** Without what is empty or says nothing in a program of one file. */
function prune(command: object): object {
  const dropped = [
    'isESM',
    'relativePath',
    'pluginAlias',
    'pluginName',
    'pluginType',
    'noCacheDefault',
    'hasDynamicHelp',
  ];
  return JSON.parse(
    JSON.stringify(command, (key, value: unknown) => {
      if (dropped.includes(key) || value === false) return undefined;
      if (Array.isArray(value) && value.length === 0) return undefined;
      return value;
    }),
  ) as object;
}
