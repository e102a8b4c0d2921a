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
import { outputChoices, timestampChoices } from '../lib/render/index.ts';
import { colorFlag } from './color-flag.ts';
import { readOptions } from './logs/read-options.ts';
import { runLogs } from './logs/run.ts';

const which = 'Which logs';
const part = 'Which lines';
const shown = 'What is shown';

/** `kubectl kx logs`: the flags, defaults and messages of kubectl logs, and the selecting and showing of stern. */
export default class Logs extends BaseCommand {
  static override summary = 'Print and follow the logs of containers.';
  static override usage = 'logs [-f] [-p] (POD | TYPE/NAME | /REGEX/) [CONTAINER] [flags]';
  static override description = [
    'Several logs come merged by time. With -f pods that appear are picked up, restarts and rotations are followed, and a lost',
    'connection goes on where it was; what happens is said on stderr (-q: not). One pod is followed until it has ended.',
  ].join('\n');
  static override examples = [
    { description: 'The log of a pod', command: 'kubectl kx logs web' },
    {
      description: 'Follow every pod of a deployment, also those to come',
      command: 'kubectl kx logs -f deploy/web --all-pods',
    },
    {
      description: 'Pods by a pattern, in all namespaces, from now on',
      command: "kubectl kx logs -f '/^web-/' -A --tail 0",
    },
    {
      description: 'Errors of an hour, with colours',
      command: 'kubectl kx logs -l app=web --since 1h --include error --highlight timeout',
    },
    { description: 'For a program', command: 'kubectl kx logs -l app=web -o json | jq -r .message' },
  ];

  static override args = {
    words: stringArg({ ignoreStdin: true, multiple: true, description: 'POD, TYPE/NAME or /REGEX/, and CONTAINER' }),
  };

  static override flags = {
    'all-pods': switchFlag({ helpGroup: which, summary: 'Every pod of TYPE/NAME; shows prefixes' }),
    'all-containers': switchFlag({ helpGroup: which, summary: 'Every container of the pods' }),
    container: string({
      char: 'c',
      helpGroup: which,
      helpValue: 'NAME',
      summary: 'Container, or those that fit /REGEX/; else the default',
    }),
    selector: string({ char: 'l', helpGroup: which, helpValue: 'SELECTOR', summary: 'Pods with these labels' }),
    'all-namespaces': switchFlag({ char: 'A', helpGroup: which, summary: 'Pods of all namespaces' }),
    'field-selector': string({ helpGroup: which, helpValue: 'SELECTOR', summary: 'Pods with these fields' }),
    node: string({ helpGroup: which, helpValue: 'NAME', summary: 'Pods on this node' }),
    'exclude-pod': repeatedFlag({
      helpGroup: which,
      helpValue: 'POD',
      summary: 'Leave out a pod, or those that fit /REGEX/; can be repeated',
    }),
    'exclude-container': repeatedFlag({
      helpGroup: which,
      helpValue: 'NAME',
      summary: 'Leave out a container, or those that fit /REGEX/; can be repeated',
    }),
    'init-containers': yesOrNo('Init containers too, where several are meant: true or false (default true)'),
    'ephemeral-containers': yesOrNo('Ephemeral containers too, where several are meant: true or false (default true)'),
    'container-state': repeatedFlag({
      helpGroup: which,
      helpValue: 'STATE',
      summary: 'Containers in these states: running, waiting, terminated or all; can be repeated (default all)',
    }),
    previous: switchFlag({ char: 'p', helpGroup: part, summary: 'The log of the run before the present one' }),
    tail: countFlag(
      'tail',
      'The last so many lines of each log; -1 is all (default -1, or 10 where pods are selected)',
    ),
    head: integerFlag('head', 0, 'The first so many lines of each log', part)(),
    since: string({ helpGroup: part, helpValue: 'DURATION', summary: 'Lines newer than this, such as 5s, 2m or 3h' }),
    'since-time': string({ helpGroup: part, helpValue: 'TIME', summary: 'Lines from this time on (RFC 3339)' }),
    until: string({
      helpGroup: part,
      helpValue: 'TIME',
      summary: 'Lines up to this time (RFC 3339), or so long ago (2m)',
    }),
    'limit-bytes': countFlag('limit-bytes', 'The first so many bytes of each log'),
    stream: string({
      helpGroup: part,
      helpValue: 'NAME',
      options: ['stdout', 'stderr'],
      summary: 'Only stdout or stderr, where the server can tell them apart',
    }),
    include: repeatedFlag({
      helpGroup: part,
      helpValue: 'REGEX',
      summary: 'Only lines that match (RE2); can be repeated: any of them',
    }),
    exclude: repeatedFlag({ helpGroup: part, helpValue: 'REGEX', summary: 'No lines that match; can be repeated' }),

    follow: switchFlag({ char: 'f', summary: 'Follow the logs' }),
    merge: switchFlag({ summary: 'With -f: put lines of several logs in order that come within half a second' }),
    'ignore-errors': switchFlag({ summary: 'Errors of single logs do not matter' }),
    'max-log-requests': integerFlag(
      'max-log-requests',
      1,
      'How many logs to have open at once (default 250)',
    )({ default: 250 }),
    'pod-running-timeout': durationFlag('pod-running-timeout', {
      summary: 'How long to wait until there is a pod, and until it has started with -f (default 20s)',
    })({ default: 20_000 }),
    'insecure-skip-tls-verify-backend': switchFlag({
      summary: 'Let the server not check the certificate of the kubelet',
    }),
    quiet: switchFlag({ char: 'q', summary: 'Say nothing but errors on stderr' }),

    output: string({
      char: 'o',
      helpGroup: shown,
      helpValue: 'KIND',
      options: [...outputChoices],
      summary: 'raw, prefix, json or ndjson-parsed',
    }),
    prefix: switchFlag({ helpGroup: shown, summary: 'Put [pod/NAME/CONTAINER] in front of lines' }),
    timestamps: switchFlag({ helpGroup: shown, summary: 'Put the time in front of lines' }),
    'timestamp-format': string({
      helpGroup: shown,
      helpValue: 'KIND',
      options: [...timestampChoices],
      summary: 'default (RFC 3339) or short; implies --timestamps',
    }),
    timezone: string({ helpGroup: shown, helpValue: 'ZONE', summary: 'Time zone of times: an IANA name or local' }),
    template: string({ helpGroup: shown, helpValue: 'TEXT', summary: 'Show lines by a template (docs/log-output.md)' }),
    'template-file': string({ helpGroup: shown, helpValue: 'FILE', summary: 'The same, read from a file' }),
    highlight: repeatedFlag({ helpGroup: shown, helpValue: 'REGEX', summary: 'Paint what matches; can be repeated' }),
    pretty: switchFlag({ helpGroup: shown, summary: 'Show lines that are JSON as text, with coloured levels' }),
    color: colorFlag(shown),
    ...connectionFlags,
    namespace: namespacesFlag(),
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Logs);
    const words = [...(args.words ?? []), ...(this.remoteWords ?? [])];
    const connection = connectionOf({ ...flags, namespace: flags.namespace?.at(-1) });
    return runLogs(readOptions(words, flags, connection), this.context);
  }
}

function yesOrNo(summary: string) {
  return string({ helpGroup: which, helpValue: 'BOOL', options: ['true', 'false'], default: 'true', summary });
}

/** Any whole number, as kubectl reads it; what it may be is said in kubectl's words later. */
function countFlag(name: string, summary: string) {
  return custom<number>({
    helpGroup: part,
    helpValue: 'NUMBER',
    summary,
    parse: (text) => {
      if (/^[+-]?\d+$/.test(text)) return Promise.resolve(Number(text));
      const problem = `strconv.ParseInt: parsing "${text}": invalid syntax`;
      throw new KxError('KX_USAGE', `invalid argument "${text}" for "--${name}" flag: ${problem}`);
    },
  })();
}
