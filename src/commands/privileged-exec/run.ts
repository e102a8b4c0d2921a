import type { CommandContext } from '../../base-command.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import { sweepFinished } from '../../lib/node-pod/index.ts';
import { entryFor, openHelperAccess, type Entry, type Place } from '../../lib/privileged/index.ts';
import { print, printError } from '../../lib/terminal/index.ts';
import { converse } from '../exec/converse.ts';
import { quoteWords } from '../exec/quote-words.ts';
import { requestOf } from '../exec/request.ts';
import { startTimeLimit } from '../exec/time-limit.ts';
import { checkReference, findPlace, type FoundPlace } from './find-place.ts';
import { askWhoIAm, describePlace, helperNamespace, helperOptions, keptNote } from './helper.ts';
import type { PrivilegedExecOptions } from './options.ts';

/** Runs a command with privilege in a container's namespaces, or a node's, and gives its exit code. */
export async function runPrivilegedExec(options: PrivilegedExecOptions, context: CommandContext): Promise<number> {
  const say = (line: string): void => printError(`${line}\n`);
  const { signal } = context;
  checkReference(options.reference);
  const request = requestOf(options, say);
  const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
  const [found, user] = await Promise.all([findPlace(api, options, signal, say), askWhoIAm(api, signal)]);
  const entry = entryOf(options, found.place);
  const namespace = helperNamespace(api, found.place, options.helper);
  if (options.dryRun) {
    print(describePlan(api, found, entry, namespace, options));
    return 0;
  }
  const swept = sweepFinished(api, namespace, signal);
  const log = (level: number, line: string): void => context.log(level, line);
  const helper = helperOptions({ ...options, ...found }, { namespace, user, signal, say, log });
  const access = await openHelperAccess(api, helper);
  try {
    // The time of a command does not begin before there is something to start it.
    const limit = startTimeLimit(options.timeout, signal);
    const streams = { ...options, detachKeys: new Uint8Array() };
    const start = async (until: AbortSignal) => {
      const remote = await access.exec(found.place, { ...request, entry }, until);
      return { remote, target: access.target, wrapped: true };
    };
    try {
      return await converse(start, { request, options: streams, limit }, context);
    } finally {
      limit.stop();
    }
  } finally {
    // One who is in a hurry would leave a privileged pod for a minute.
    const undo = context.takeSignals(() => {});
    await access.close();
    await swept;
    undo();
    if (options.keep && options.reuse === undefined) {
      say(keptNote(access.target.pod, namespace, found.place.node, helper.spec.lifetime));
    }
  }
}

function entryOf(options: PrivilegedExecOptions, place: Place): Entry {
  const { asContainer, tools, runAs, workdir, env } = options;
  const isContainer = place.kind === 'container';
  return {
    ...entryFor(tools !== undefined),
    ...(options.namespaces === undefined ? {} : { namespaces: options.namespaces }),
    user: runAs ?? (asContainer && isContainer ? 'target' : undefined),
    cwd: workdir ?? (asContainer && isContainer ? 'target' : undefined),
    inherit: asContainer && isContainer,
    env,
  };
}

/** What `--dry-run` prints. */
function describePlan(
  api: ApiClient,
  found: FoundPlace,
  entry: Entry,
  namespace: string,
  options: PrivilegedExecOptions,
): string {
  const { helper, reuse, tools, command } = options;
  const context = api.context === undefined ? '' : ` (context ${api.context})`;
  const user = entry.user === 'target' ? 'that of the container' : (entry.user ?? 'root, with all capabilities');
  const pod = `${namespace}, image ${tools ?? helper.image}`;
  const lines = [
    ['place', describePlace(found.place)],
    ['node', found.place.node],
    ['namespaces', entry.namespaces.join(' ')],
    ['user', user],
    ['directory', entry.cwd === 'target' ? 'that of the container' : (entry.cwd ?? '/')],
    ['command', quoteWords(command)],
    ['helper pod', reuse === undefined ? `a new one in namespace ${pod}` : `${reuse} in ${namespace}`],
    ['server', `${api.server}${context}`],
  ];
  return lines.map(([name = '', value = '']) => `${name.padEnd(12)}${value}\n`).join('');
}
