import { string as stringArg } from '@oclif/core/args';
import { custom, string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import {
  connectionFlags,
  connectionOf,
  durationFlag,
  integerFlag,
  namespacesFlag,
  repeatedFlag,
  switchFlag,
} from '../flags.ts';
import { KxError } from '../lib/errors/index.ts';
import { colorFlag, readColor } from './color-flag.ts';
import { parseSize } from './cp/amounts.ts';
import { environmentFlags, parseEnv } from './exec/environment-flags.ts';
import { parseAmount, type Amount } from './fanout-exec/amount.ts';
import { outputChoices, type FanoutExecOptions } from './fanout-exec/options.ts';
import { runFanout } from './fanout-exec/run.ts';
import { helperChoiceOf, helperFlags } from './privileged-exec/helper-flags.ts';

const where = 'Where';
const how = 'How it runs';
const shown = 'What is shown';
const pod = 'The helper pods of nodes';

/** Texts that are compared, or become JSON, must be in memory as a whole: so much of each output, in bytes. */
const mostOfText = 64 << 20;

/** `kubectl kx fanout-exec`: one command in many containers, or on many nodes. */
export default class FanoutExec extends BaseCommand {
  static override aliases = ['fanout'];
  static override summary = 'Run a command in many containers, or on many nodes, at once.';
  static override usage = 'fanout-exec [POD | TYPE/NAME | /REGEX/ | node/NAME]... [flags] -- COMMAND [args...]';
  static override description = [
    'TYPE/NAME means all of its pods. In the words of the command {namespace}, {pod}, {container}, {node}, {context} and {index}',
    'stand for those of the target; {{pod}} is {pod} itself. The exit code is the largest of all, or 125 where a target was',
    'not reached and no code is larger; 0 only if all succeeded. With --all-nodes, --nodes or node/NAME the command runs as root',
    'on the hosts, by a short-lived privileged pod on each, as with privileged-exec.',
  ].join('\n');
  static override examples = [
    { description: 'In every pod of a deployment', command: 'kubectl kx fanout deploy/web -- nginx -s reload' },
    {
      description: 'What is different, in one look',
      command: 'kubectl kx fanout -l app=web -o diff -- cat /etc/os-release',
    },
    {
      description: 'A script, ten percent at a time',
      command: 'kubectl kx fanout -A -l tier=db --batch 10% --max-failures 1 --script fix.sh',
    },
    {
      description: 'For a program',
      command: "kubectl kx fanout '/^web-/' -o json -- uptime | jq -r '.target.pod + .stdout'",
    },
    { description: 'On every node', command: 'kubectl kx fanout --all-nodes -o gather -- uname -r' },
    { description: 'Who would be meant', command: 'kubectl kx fanout -A --node node-1 --all-containers --dry-run' },
  ];

  static override args = {
    targets: stringArg({ ignoreStdin: true, multiple: true, description: 'POD, TYPE/NAME, /REGEX/ or node/NAME' }),
  };

  static override flags = {
    selector: string({ char: 'l', helpGroup: where, helpValue: 'SELECTOR', summary: 'Pods with these labels' }),
    'field-selector': string({ helpGroup: where, helpValue: 'SELECTOR', summary: 'Pods with these fields' }),
    'all-namespaces': switchFlag({ char: 'A', helpGroup: where, summary: 'Pods of all namespaces' }),
    node: string({ helpGroup: where, helpValue: 'NAME', summary: 'Pods on this node' }),
    'all-nodes': switchFlag({ helpGroup: where, summary: 'On the hosts of all nodes, instead of pods' }),
    nodes: string({
      helpGroup: where,
      helpValue: 'SELECTOR',
      summary: 'On the hosts of the nodes with these labels, instead of pods',
    }),
    container: string({
      char: 'c',
      helpGroup: where,
      helpValue: 'NAME',
      summary: 'Container, or those that fit /REGEX/; else the default of each pod',
    }),
    'all-containers': switchFlag({ helpGroup: where, summary: 'Every container but init and ephemeral ones' }),
    exclude: repeatedFlag({
      helpGroup: where,
      helpValue: 'POD',
      summary: 'Leave out a pod or node, or those that fit /REGEX/; can be repeated',
    }),
    'targets-file': string({
      helpGroup: where,
      helpValue: 'FILE',
      summary: 'More targets, by lines or spaces; - is stdin',
    }),
    pick: integerFlag('pick', 1, 'Only so many of them, chosen at random', where)(),
    'dry-run': switchFlag({ helpGroup: where, summary: 'List the targets, and run nothing' }),

    stdin: switchFlag({ char: 'i', helpGroup: how, summary: 'Pass stdin to every command, from its beginning' }),
    script: string({
      helpGroup: how,
      helpValue: 'FILE',
      summary: 'Run this script; what is behind -- are its arguments. It leaves no file behind',
    }),
    parallelism: integerFlag('parallelism', 1, 'How many at once (default 64)', how)({ default: 64 }),
    timeout: durationFlag('timeout', {
      helpGroup: how,
      summary: 'End the command on a target, and its children, after this time',
    })(),
    retries: integerFlag(
      'retries',
      0,
      'Try a target again where provably nothing was started (default 0)',
      how,
    )({
      default: 0,
    }),
    batch: amountFlag('batch', 'Launch so many, wait until all have ended, then the next'),
    'batch-pause': durationFlag('batch-pause', { helpGroup: how, summary: 'Wait so long between two batches' })(),
    'max-failures': amountFlag('max-failures', 'Launch no more when so many have failed'),
    'fail-fast': switchFlag({ helpGroup: how, summary: 'End everything when one has failed' }),
    'ignore-failures': switchFlag({ helpGroup: how, summary: 'Exit with 0 whatever became of the targets' }),
    ...environmentFlags(how),
    'no-wrap': switchFlag({ helpGroup: how, summary: 'Send the command to the server exactly as typed' }),

    tools: string({
      helpGroup: pod,
      helpValue: 'IMAGE',
      summary: 'Take the command from this image; the files of the host are below $KX_TARGET_ROOT',
    }),
    ...helperFlags(pod),
    'pod-running-timeout': durationFlag('pod-running-timeout', {
      helpGroup: pod,
      summary: 'How long to wait until it runs (default 1m0s)',
    })({ default: 60_000 }),

    output: string({
      char: 'o',
      helpGroup: shown,
      helpValue: 'KIND',
      options: [...outputChoices],
      summary: 'stream, gather, diff, json or summary (default stream; with --outdir summary)',
    }),
    outdir: string({ helpGroup: shown, helpValue: 'DIR', summary: 'Write files with the output of each target' }),
    'max-output': custom<number>({
      helpGroup: shown,
      helpValue: 'SIZE',
      summary: 'Cut each output of a target after this, such as 64Ki (default 1Mi for gather, diff and json)',
      parse: (text) => Promise.resolve(parseSize(text, 'max-output')),
    })(),
    color: colorFlag(shown),
    quiet: switchFlag({ char: 'q', helpGroup: shown, summary: 'Say nothing but errors' }),
    ...connectionFlags,
    namespace: namespacesFlag(),
    context: repeatedFlag({
      helpGroup: 'Connection',
      helpValue: 'NAME',
      summary: 'The context of the kubeconfig to use, can be repeated',
    }),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(FanoutExec);
    const [namespaces = [], contexts = []] = [flags.namespace, flags.context];
    const output =
      outputChoices.find((each) => each === flags.output) ?? (flags.outdir === undefined ? 'stream' : 'summary');
    const options: FanoutExecOptions = {
      targets: {
        contexts,
        namespaces: flags['all-namespaces'] ? 'all' : namespaces.flatMap((names) => names.split(',')),
        allNodes: flags['all-nodes'],
        nodes: flags.nodes,
        words: args.targets ?? [],
        file: flags['targets-file'],
        labelSelector: flags.selector,
        fieldSelector: flags['field-selector'],
        node: flags.node,
        exclude: flags.exclude ?? [],
        container: flags.container,
        allContainers: flags['all-containers'],
        pick: flags.pick,
      },
      words: this.remoteWords ?? [],
      script: flags.script,
      stdin: flags.stdin,
      timeout: flags.timeout,
      env: parseEnv(flags.env ?? []),
      workdir: flags.workdir,
      wrap: !flags['no-wrap'],
      parallelism: flags.parallelism,
      retries: flags.retries,
      batch: flags.batch,
      batchPause: flags['batch-pause'] ?? 0,
      maxFailures: flags['max-failures'],
      failFast: flags['fail-fast'],
      output,
      outdir: flags.outdir,
      maxOutput: flags['max-output'],
      color: readColor(flags.color),
      quiet: flags.quiet,
      ignoreFailures: flags['ignore-failures'],
      dryRun: flags['dry-run'],
      tools: flags.tools,
      helper: helperChoiceOf(flags),
      podRunningTimeout: flags['pod-running-timeout'],
      connection: connectionOf({ ...flags, namespace: undefined, context: undefined }),
    };
    checkOptions(options, flags['batch-pause'] !== undefined);
    return runFanout(options, this.context);
  }
}

function checkOptions(options: FanoutExecOptions, hasPause: boolean): void {
  const { targets, script, stdin, words, dryRun } = options;
  if (targets.container !== undefined && targets.allContainers) {
    throw new KxError('KX_USAGE', 'either -c or --all-containers, not both');
  }
  const readers = [
    [stdin, '-i'],
    [targets.file === '-', '--targets-file -'],
    [script === '-', '--script -'],
  ] as const;
  const [first, second] = readers.flatMap(([reads, flag]) => (reads ? [flag] : []));
  if (second !== undefined) throw new KxError('KX_USAGE', `${first} and ${second} both read stdin`);
  if (['diff', 'json'].includes(options.output) && (options.maxOutput ?? 0) > mostOfText) {
    throw new KxError('KX_USAGE', `-o ${options.output} has at most 64Mi of each output`, {
      hint: '--outdir writes all of it to files, and -o gather shows it',
    });
  }
  if (hasPause && options.batch === undefined)
    throw new KxError('KX_USAGE', '--batch-pause is between batches: give --batch');
  if (script !== undefined && !options.wrap) {
    throw new KxError('KX_USAGE', '--script cannot be had with --no-wrap: it is done by a shell in the container');
  }
  if (script === undefined && words.length === 0 && !dryRun) {
    throw new KxError('KX_USAGE', 'you must specify at least one command', {
      hint: 'the command goes behind `--`: kubectl kx fanout-exec deploy/web -- COMMAND',
    });
  }
}

function amountFlag(name: string, summary: string) {
  return custom<Amount>({
    helpGroup: how,
    helpValue: 'N|P%',
    summary,
    parse: (text) => Promise.resolve(parseAmount(text, name)),
  })();
}
