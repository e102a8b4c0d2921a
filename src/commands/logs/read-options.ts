import { explainDuration, parseDuration } from '../../cli/duration.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { ConnectionFlags } from '../../lib/kube/index.ts';
import { parseMoment, type Moment } from '../../lib/logs/index.ts';
import { outputChoices, timestampChoices } from '../../lib/render/index.ts';
import type { ContainerState } from '../../lib/target/index.ts';
import { readColor } from '../color-flag.ts';
import { readNamedFile } from '../read-named-file.ts';
import type { LogPart, LogsOptions, Look, WhichLogs } from './options.ts';
import { isBeyondKubectl } from './selection.ts';

/** What oclif parsed. */
export interface LogsFlags {
  'all-pods': boolean;
  'all-containers': boolean;
  container: string | undefined;
  selector: string | undefined;
  'all-namespaces': boolean;
  'field-selector': string | undefined;
  node: string | undefined;
  'exclude-pod': string[] | undefined;
  'exclude-container': string[] | undefined;
  'init-containers': string;
  'ephemeral-containers': string;
  'container-state': string[] | undefined;
  previous: boolean;
  tail: number | undefined;
  head: number | undefined;
  since: string | undefined;
  'since-time': string | undefined;
  until: string | undefined;
  'limit-bytes': number | undefined;
  stream: string | undefined;
  include: string[] | undefined;
  exclude: string[] | undefined;
  follow: boolean;
  merge: boolean;
  'ignore-errors': boolean;
  'max-log-requests': number;
  'pod-running-timeout': number;
  'insecure-skip-tls-verify-backend': boolean;
  quiet: boolean;
  output: string | undefined;
  prefix: boolean;
  timestamps: boolean;
  'timestamp-format': string | undefined;
  timezone: string | undefined;
  template: string | undefined;
  'template-file': string | undefined;
  highlight: string[] | undefined;
  pretty: boolean;
  color: string;
  namespace: string[] | undefined;
}

const expected =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'. POD or TYPE/NAME is a required argument for the logs command";
/** What kubectl shows of each log where pods are selected by labels. */
const selectorTail = 10;

/** Reads words and flags. Throws KX_USAGE, with the words of kubectl where it has some. */
export function readOptions(words: readonly string[], flags: LogsFlags, connection: ConnectionFlags): LogsOptions {
  const which = readWhich(words, flags);
  const part = readPart(flags, which);
  return {
    which,
    part,
    look: readLook(flags),
    follow: flags.follow && !isOver(part.until),
    merge: flags.merge,
    ignoreErrors: flags['ignore-errors'],
    maxLogRequests: flags['max-log-requests'],
    podRunningTimeout: flags['pod-running-timeout'],
    insecureSkipTLSVerifyBackend: flags['insecure-skip-tls-verify-backend'],
    quiet: flags.quiet,
    connection,
  };
}

function readWhich(words: readonly string[], flags: LogsFlags): WhichLogs {
  const [reference, inline, ...more] = words;
  const labelSelector = given(flags.selector);
  const fieldSelector = given(flags['field-selector']);
  const node = given(flags.node);
  const isSelected = [labelSelector, fieldSelector, node].some((each) => each !== undefined) || flags['all-namespaces'];
  if (more.length > 0 || reference === '' || (reference === undefined && !isSelected)) throw usage(expected, pods);
  if (reference !== undefined && labelSelector !== undefined) {
    throw usage('only a selector (-l) or a POD name is allowed');
  }
  if (inline !== undefined && flags.container !== undefined) {
    throw usage('only one of -c or an inline [CONTAINER] arg is allowed');
  }
  const container = [inline, flags.container].find((each) => each !== undefined && each !== '');
  if (flags['all-containers'] && container !== undefined) {
    throw usage(`--all-containers=true should not be specified with container name ${container}`);
  }
  return {
    reference,
    allPods: flags['all-pods'],
    namespaces: flags['all-namespaces'] ? 'all' : (flags.namespace ?? []).flatMap((names) => names.split(',')),
    labelSelector,
    fieldSelector,
    node,
    excludePods: flags['exclude-pod'] ?? [],
    container,
    allContainers: flags['all-containers'],
    excludeContainers: flags['exclude-container'] ?? [],
    initContainers: flags['init-containers'] === 'true',
    ephemeralContainers: flags['ephemeral-containers'] === 'true',
    states: readStates(flags['container-state'] ?? []),
  };
}

const pods = "name a pod (POD, TYPE/NAME, '/REGEX/'), or select pods with -l, --field-selector, --node or -A";

/** An empty text selects nothing, as in kubectl: an unset variable of a script must not mean everything. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

const stateChoices = ['running', 'waiting', 'terminated'] as const;

function readStates(texts: readonly string[]): readonly ContainerState[] {
  const names = texts.flatMap((text) => text.split(','));
  const wrong = names.find((name) => name !== 'all' && !stateChoices.some((state) => state === name));
  if (wrong !== undefined) {
    const all = [...stateChoices, 'all'].join(', ');
    throw usage(`invalid argument "${wrong}" for "--container-state" flag: not one of ${all}`);
  }
  return names.includes('all') ? [] : stateChoices.filter((state) => names.includes(state));
}

function readPart(flags: LogsFlags, which: WhichLogs): LogPart {
  const { tail, head, stream, previous } = flags;
  const limitBytes = flags['limit-bytes'];
  const sinceSeconds = readSince(flags.since);
  const sinceTime = readSinceTime(flags['since-time']);
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    throw usage('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  if (limitBytes !== undefined && limitBytes < 0) throw usage('--limit-bytes must be greater than 0');
  if (tail !== undefined && tail < -1) throw usage('--tail must be greater than or equal to -1');
  if (head !== undefined && tail !== undefined && tail >= 0) {
    throw usage('--head and --tail are the two ends of a log: only one of them');
  }
  const isSelected = which.reference === undefined || isBeyondKubectl(which);
  const usualTail = isSelected && head === undefined && flags.until === undefined ? selectorTail : undefined;
  return {
    previous,
    tail: tail === undefined ? usualTail : tail < 0 ? undefined : tail,
    head,
    limitBytes: limitBytes === 0 ? undefined : limitBytes,
    sinceSeconds,
    sinceTime,
    until: flags.until === undefined ? undefined : readUntil(flags.until),
    stream: stream === 'stdout' || stream === 'stderr' ? stream : undefined,
  };
}

/** Rounded to seconds as kubectl does it. */
function readSince(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    throw usage(`invalid argument "${text}" for "--since" flag: ${explainDuration(text)}`);
  }
  if (milliseconds < 0) throw usage('--since must be greater than 0');
  return milliseconds === 0 ? undefined : Math.round(milliseconds / 1000);
}

function readSinceTime(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const moment = parseMoment(text);
  if (moment === undefined) throw usage(`parsing time "${text}": not of the form 2006-01-02T15:04:05Z`, zone);
  return new Date(moment.second * 1000).toISOString().replace('.000Z', 'Z');
}

const zone = 'RFC 3339 has a time zone at its end: Z, or an offset such as +02:00';

function readUntil(text: string): Moment {
  const ago = parseDuration(text);
  const moment = ago === undefined ? parseMoment(text) : momentOf(Date.now() - ago);
  if (moment !== undefined) return moment;
  throw usage(
    `invalid argument "${text}" for "--until" flag: neither a time (2006-01-02T15:04:05Z) nor a duration (5m)`,
    zone,
  );
}

/** Whether nothing more can come before a time. */
function isOver(until: Moment | undefined): boolean {
  return until !== undefined && until.second < Math.floor(Date.now() / 1000);
}

function momentOf(milliseconds: number): Moment {
  const second = Math.floor(milliseconds / 1000);
  return { second, nano: Math.floor((milliseconds - second * 1000) * 1e6) };
}

function readLook(flags: LogsFlags): Look {
  const format = timestampChoices.find((each) => each === flags['timestamp-format']);
  return {
    output: outputChoices.find((each) => each === flags.output),
    prefix: flags.prefix || flags['all-pods'],
    template: readTemplate(flags),
    timestamps: format ?? (flags.timestamps ? 'default' : undefined),
    timezone: flags.timezone,
    include: flags.include ?? [],
    exclude: flags.exclude ?? [],
    highlight: flags.highlight ?? [],
    pretty: flags.pretty,
    color: readColor(flags.color),
  };
}

function readTemplate({ template, 'template-file': file }: LogsFlags): string | undefined {
  if (file === undefined) return template;
  if (template !== undefined) throw usage('--template and --template-file say the same: only one of them');
  return readNamedFile(file, `the template ${file}`).toString();
}

function usage(message: string, hint?: string): KxError {
  return new KxError('KX_USAGE', message, { hint });
}
