import { string as stringArg } from '@oclif/core/args';
import { custom, string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import {
  connectionFlags,
  connectionOf,
  containerFlag,
  durationFlag,
  integerFlag,
  repeatedFlag,
  switchFlag,
} from '../flags.ts';
import { KxError } from '../lib/errors/index.ts';
import { parseSize } from './cp/amounts.ts';
import { compressChoices } from './cp/options.ts';
import { progressChoices } from './cp/progress.ts';
import { runCopy } from './cp/run.ts';
import { helperChoiceOf, helperFlags } from './privileged-exec/helper-flags.ts';

const what = 'What is copied';
const pods = 'Many pods, or nodes';
const helper = 'The helper pods of nodes';

/** `kubectl kx cp`: files and trees between this machine and containers, and between containers. */
export default class Cp extends BaseCommand {
  static override summary = 'Copy files and directories from, to and between containers.';
  static override usage = 'cp SRC... DEST [flags]';
  static override description = [
    'SRC and DEST are a path of this machine, `-` (stdin or stdout, as one file), a path in a container:',
    '[NAMESPACE/]POD:PATH or [NAMESPACE/]TYPE/NAME:PATH, or one on the host of a node: node/NAME:PATH. They mean what they mean to cp -r: a source goes into a directory that',
    'exists, under its own name; SRC/. is what is in SRC. A path on this machine with a colon is written ./a:b.',
  ].join('\n');
  static override examples = [
    { description: 'A directory up into a pod', command: 'kubectl kx cp site web:/srv' },
    { description: 'What is in a directory, down to here', command: 'kubectl kx cp deploy/web:/var/log/. logs -c app' },
    {
      description: 'Some files down; the container expands the pattern',
      command: "kubectl kx cp 'web:/var/log/*.log' logs/",
    },
    { description: 'From one pod to another', command: 'kubectl kx cp prod/db-0:/backup test/db-0:/backup' },
    {
      description: 'A file to every pod of a deployment',
      command: 'kubectl kx cp app.conf deploy/web:/etc --all-pods',
    },
    {
      description: 'A log of every node, to logs/NODE',
      command: 'kubectl kx cp :/var/log/kubelet.log logs --all-nodes',
    },
    { description: 'Through a pipe', command: 'kubectl kx cp db-0:/backup.sql.gz - | zcat | less' },
  ];

  static override args = {
    specs: stringArg({ ignoreStdin: true, multiple: true, description: 'SRC... DEST' }),
  };

  static override flags = {
    container: containerFlag(),
    'no-preserve': switchFlag({ summary: 'Keep neither modes nor times' }),
    retries: integerFlag(
      'retries',
      -1,
      'How often a lost connection is made again, -1 without end (default 5)',
    )({
      default: 5,
    }),
    quiet: switchFlag({ char: 'q', summary: 'Say nothing but errors' }),
    'pod-running-timeout': durationFlag('pod-running-timeout', {
      summary: 'How long to wait until there is a pod (default 1m0s)',
    })({ default: 60_000 }),
    progress: string({
      helpValue: 'KIND',
      options: [...progressChoices],
      default: 'auto',
      summary: 'auto: a line on a terminal; plain: lines, everywhere; none (default auto)',
    }),
    compress: string({
      helpValue: 'KIND',
      options: [...compressChoices],
      default: 'auto',
      summary: 'How the bytes pass: auto (where it is faster), none, gzip or zstd (default auto)',
    }),
    update: switchFlag({
      helpGroup: what,
      summary: 'Leave out files that the destination has already: same size and time, or with --checksum same content',
    }),
    resume: switchFlag({
      helpGroup: what,
      summary: 'Go on with what the same command left undone: as --update, and inside large files too',
    }),
    checksum: switchFlag({ helpGroup: what, summary: 'Compare both ends by SHA-256 when the copy is done' }),
    'helper-image': string({
      helpValue: 'IMAGE',
      default: 'docker.io/library/busybox:stable',
      summary: 'What stands in, as an ephemeral container, for a container without a shell (default busybox:stable)',
    }),
    'dry-run': switchFlag({ summary: 'Look at both ends, say what would be copied where, and copy nothing' }),
    'same-owner': switchFlag({ helpGroup: what, summary: 'Keep owners and groups, and set-user-ID bits' }),
    exclude: patternFlag('Leave out what fits, in the syntax of gitignore; can be repeated'),
    include: patternFlag('Copy only files that fit; can be repeated'),
    'exclude-from': patternFlag('Leave out what fits a line of this file; can be repeated', 'FILE'),
    'max-size': custom<number>({
      helpGroup: what,
      helpValue: 'SIZE',
      summary: 'End the copy before it has more bytes than this, such as 500M or 2Gi',
      parse: (text) => Promise.resolve(parseSize(text, 'max-size')),
    })(),
    'max-files': integerFlag('max-files', 0, 'End the copy before it has more files and directories than this', what)(),
    selector: string({
      char: 'l',
      helpGroup: pods,
      helpValue: 'SELECTOR',
      summary: 'Every pod with these labels is what :PATH is in',
    }),
    'all-pods': switchFlag({
      helpGroup: pods,
      summary: 'Every pod of TYPE/NAME: up to each of them, down into DEST/POD',
    }),
    'all-nodes': switchFlag({ helpGroup: pods, summary: 'The host of every node is what :PATH is on' }),
    nodes: string({
      helpGroup: pods,
      helpValue: 'SELECTOR',
      summary: 'The hosts of the nodes with these labels are what :PATH is on',
    }),
    parallelism: integerFlag('parallelism', 1, 'How many pods or nodes at once (default 8)', pods)({ default: 8 }),
    ...helperFlags(helper),
    ...connectionFlags,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Cp);
    if (flags['all-pods'] && flags.selector !== undefined) {
      throw new KxError('KX_USAGE', '--all-pods is of a TYPE/NAME, -l selects pods by itself: only one of them');
    }
    if (flags.nodes === '')
      throw new KxError('KX_USAGE', '--nodes needs a selector', { hint: '--all-nodes means every node' });
    const ofNodes = flags['all-nodes'] ? '--all-nodes' : flags.nodes === undefined ? undefined : '--nodes';
    const others = {
      '--nodes': flags.nodes,
      '-l': flags.selector,
      '--all-pods': flags['all-pods'] || undefined,
      '-c': flags.container,
    };
    const other = Object.entries(others).find(([name, value]) => name !== ofNodes && value !== undefined)?.[0];
    if (ofNodes !== undefined && other !== undefined) {
      throw new KxError('KX_USAGE', `${ofNodes} and ${other} exclude each other`);
    }
    return runCopy(
      {
        specs: [...(args.specs ?? []), ...(this.remoteWords ?? [])],
        container: flags.container,
        preserve: !flags['no-preserve'],
        sameOwner: flags['same-owner'],
        exclude: flags.exclude ?? [],
        include: flags.include ?? [],
        excludeFrom: flags['exclude-from'] ?? [],
        retries: flags.retries < 0 ? Infinity : flags.retries,
        update: flags.update || flags.resume,
        resume: flags.resume,
        checksum: flags.checksum,
        compress: compressChoices.find((each) => each === flags.compress) ?? 'auto',
        progress: progressChoices.find((each) => each === flags.progress) ?? 'auto',
        quiet: flags.quiet,
        maxBytes: flags['max-size'],
        maxFiles: flags['max-files'],
        selector: flags.selector,
        allPods: flags['all-pods'],
        nodes: flags['all-nodes'] ? '' : flags.nodes,
        helper: helperChoiceOf(flags),
        parallelism: flags.parallelism,
        dryRun: flags['dry-run'],
        helperImage: flags['helper-image'],
        podRunningTimeout: flags['pod-running-timeout'],
        connection: connectionOf(flags),
      },
      this.context,
    );
  }
}

function patternFlag(summary: string, helpValue = 'PATTERN') {
  return repeatedFlag({ helpGroup: what, helpValue, summary });
}
