import { string as stringArg } from '@oclif/core/args';
import { custom, string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import { connectionFlags, connectionOf, durationFlag, switchFlag } from '../flags.ts';
import { KxError } from '../lib/errors/index.ts';
import type { NamespaceName } from '../lib/privileged/index.ts';
import { environmentFlags, parseEnv } from './exec/environment-flags.ts';
import { sessionFlags } from './exec/session-flags.ts';
import { collectGarbage } from './privileged-exec/gc.ts';
import { helperChoiceOf, helperFlags } from './privileged-exec/helper-flags.ts';
import type { PrivilegedExecOptions } from './privileged-exec/options.ts';
import { parseNamespaces, parseRunAs } from './privileged-exec/read-flags.ts';
import { runPrivilegedExec } from './privileged-exec/run.ts';

const how = 'How it runs';
const pod = 'The helper pod';

/** `kubectl kx privileged-exec`: what plain exec cannot give, by a short-lived privileged pod on the node. */
export default class PrivilegedExec extends BaseCommand {
  static override aliases = ['pexec'];
  static override summary = 'Run a command as root in the namespaces of a container, or of a node.';
  static override usage = 'privileged-exec (POD | TYPE/NAME | node/NAME) [flags] -- COMMAND [args...]';
  static override description = [
    'A privileged pod on the node starts the command, and is removed when it ends. Programs of a container are run with all rights',
    'of the node: in a container that you do not trust use --tools, which brings its own.',
  ].join('\n');
  static override examples = [
    {
      description: 'As root in a container that runs as another user',
      command: 'kubectl kx pexec web -- apk add strace',
    },
    { description: 'A shell on a node', command: 'kubectl kx pexec node/node-1 -it -- bash' },
    {
      description: 'With the tools of another image, in an image without a shell',
      command: 'kubectl kx pexec web --tools docker.io/nicolaka/netshoot -it -- tcpdump -ni any port 80',
    },
    {
      description: 'As the container itself would',
      command: 'kubectl kx pexec web --as-container -- ./manage.py check',
    },
    { description: 'What others have left', command: 'kubectl kx pexec --gc' },
  ];

  static override args = {
    references: stringArg({ ignoreStdin: true, multiple: true, description: 'POD, TYPE/NAME or node/NAME' }),
  };

  static override flags = {
    ...sessionFlags(),
    'pod-running-timeout': durationFlag('pod-running-timeout', {
      summary: 'How long to wait until there is a pod, and until the helper pod runs (default 1m0s)',
    })({ default: 60_000 }),
    timeout: durationFlag('timeout', {
      helpGroup: how,
      summary: 'End the command and its children after this time, and exit with 124',
    })(),
    ...environmentFlags(how),
    record: string({ helpGroup: how, helpValue: 'FILE', summary: 'Write an asciicast v2 recording to a new file' }),
    namespaces: custom<readonly NamespaceName[]>({
      helpGroup: how,
      helpValue: 'LIST',
      summary: 'Enter only these, of mount,net,pid,ipc,uts,cgroup,user (default all; with --tools net,pid,ipc)',
      parse: (text) => Promise.resolve(parseNamespaces(text)),
    })(),
    'as-container': switchFlag({
      helpGroup: how,
      summary: 'With the environment, directory and user of the first process of the container',
    }),
    'run-as': custom({
      helpGroup: how,
      helpValue: 'UID[:GID]',
      summary: 'As this user, and no capabilities unless it is 0; the group has the same number unless one is given',
      parse: (text) => Promise.resolve(parseRunAs(text)),
    })(),
    tools: string({
      helpGroup: how,
      helpValue: 'IMAGE',
      summary: 'Take the command from this image; the files of the container are below $KX_TARGET_ROOT',
    }),
    ...helperFlags(pod),
    keep: switchFlag({ helpGroup: pod, summary: 'Leave it there, and say how to use it again' }),
    helper: string({ helpGroup: pod, helpValue: 'NAME', summary: 'Use one that was left by --keep' }),
    gc: switchFlag({
      helpGroup: pod,
      summary: 'Remove those that have ended or expired, of everybody, and list the rest; no command is run',
    }),
    'dry-run': switchFlag({ summary: 'Say what would be run where, and run nothing' }),
    ...connectionFlags,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(PrivilegedExec);
    const references = args.references ?? [];
    const connection = connectionOf(flags);
    if (flags.gc) {
      if (references.length > 0 || this.remoteWords !== null) {
        throw new KxError('KX_USAGE', '--gc takes no target and no command');
      }
      return collectGarbage(connection, flags['helper-namespace'], flags['dry-run'], this.context);
    }
    const [reference, ...more] = references;
    if (reference === undefined) throw new KxError('KX_USAGE', 'pod, type/name or node/name must be specified');
    if (more.length > 0) {
      throw new KxError('KX_USAGE', `one target at a time: there are ${references.join(', ')}`, {
        hint: 'the command goes behind `--`: kubectl kx privileged-exec POD -- COMMAND',
      });
    }
    const command = this.remoteWords ?? [];
    if (command.length === 0) {
      throw new KxError('KX_USAGE', 'you must specify at least one command', {
        hint: 'the command goes behind `--`: kubectl kx privileged-exec POD -- COMMAND',
      });
    }
    const options: PrivilegedExecOptions = {
      reference,
      container: flags.container,
      command,
      stdin: flags.stdin,
      tty: flags.tty,
      quiet: flags.quiet,
      podRunningTimeout: flags['pod-running-timeout'],
      timeout: flags.timeout,
      env: parseEnv(flags.env ?? []),
      workdir: flags.workdir,
      record: flags.record,
      dryRun: flags['dry-run'],
      namespaces: flags.namespaces,
      asContainer: flags['as-container'],
      runAs: flags['run-as'],
      tools: flags.tools,
      helper: helperChoiceOf(flags),
      keep: flags.keep,
      reuse: flags.helper,
      connection,
    };
    checkCombination(options);
    return runPrivilegedExec(options, this.context);
  }
}

function checkCombination({
  workdir,
  tools,
  namespaces,
  asContainer,
  reference,
  keep,
  reuse,
}: PrivilegedExecOptions): void {
  const problem =
    workdir !== undefined && !workdir.startsWith('/')
      ? '--workdir must begin with /: there is no directory that it could be relative to'
      : tools !== undefined && namespaces?.includes('mount') === true
        ? '--tools and the mount namespace exclude each other: the command is in the files of the tools'
        : asContainer && /^(nodes?|no)\//i.test(reference)
          ? '--as-container needs a container'
          : keep && reuse !== undefined
            ? '--keep and --helper exclude each other: a helper that was kept stays'
            : undefined;
  if (problem !== undefined) throw new KxError('KX_USAGE', problem);
}
