import { KxError } from '../../lib/errors/index.ts';
import type { NameMatcher } from '../../lib/render/index.ts';
import { nodeName } from '../../lib/target/index.ts';
import { readPatterns } from '../selection-words.ts';
import type { FanoutExecOptions } from './options.ts';
import { placeholdersIn } from './placeholders.ts';
import { unfoldNames } from './unfold-names.ts';

/** Which nodes. */
export interface NodeSelection {
  /** The names of `node/NAME`; empty: all that have the labels. */
  readonly names: readonly string[];
  /** '' is any. */
  readonly labelSelector: string;
  readonly exclude: readonly NameMatcher[];
}

/** Reads which nodes are meant; undefined where pods are. Rejects with KX_USAGE where both are, and for what only pods have. */
export async function readNodeSelection(
  options: FanoutExecOptions,
  words: readonly string[],
): Promise<NodeSelection | undefined> {
  const { allNodes, nodes, exclude } = options.targets;
  const names = words.map(nodeName);
  const isNamed = names.some((name) => name !== undefined);
  if (!allNodes && nodes === undefined && !isNamed) {
    if (options.tools === undefined) return undefined;
    throw new KxError('KX_USAGE', '--tools is for nodes: --all-nodes, --nodes SELECTOR or node/NAME', {
      hint: 'kubectl kx privileged-exec POD --tools IMAGE brings tools to one container',
    });
  }
  refuseOthers(options, words, isNamed);
  return {
    names: [...new Set(names.filter((name) => name !== undefined))],
    labelSelector: nodes ?? '',
    exclude: await readPatterns(exclude.flatMap(unfoldNames), 'exclude'),
  };
}

function refuseOthers(options: FanoutExecOptions, words: readonly string[], isNamed: boolean): void {
  const { targets, env, workdir, wrap } = options;
  const { namespaces, allNodes, nodes } = targets;
  const nodeWords = [allNodes ? '--all-nodes' : '', nodes === undefined ? '' : '--nodes', isNamed ? 'node/NAME' : ''];
  const [first = '', second] = nodeWords.filter((word) => word !== '');
  if (second !== undefined) throw exclusive(first, second);
  if (nodes === '') throw new KxError('KX_USAGE', '--nodes needs a selector', { hint: '--all-nodes means every node' });
  const podWord = words.find((word) => nodeName(word) === undefined);
  const podFlags: readonly (readonly [string, boolean])[] = [
    [podWord ?? '', podWord !== undefined],
    ['-l', targets.labelSelector !== undefined],
    ['--field-selector', targets.fieldSelector !== undefined],
    ['--node', targets.node !== undefined],
    ['-A', namespaces === 'all'],
    ['several namespaces', namespaces.length > 1 && namespaces !== 'all'],
    ['-c', targets.container !== undefined],
    ['--all-containers', targets.allContainers],
  ];
  const ofPods = podFlags.find(([, isSet]) => isSet)?.[0];
  if (ofPods !== undefined) throw exclusive(first, ofPods, 'commands run on hosts, or in pods');
  if (!wrap) {
    throw new KxError(
      'KX_USAGE',
      `--no-wrap cannot be had with ${first}: a shell in the helper pod starts the command`,
    );
  }
  if (workdir !== undefined && !workdir.startsWith('/')) {
    throw new KxError('KX_USAGE', '--workdir must begin with /: there is no directory that it could be relative to');
  }
  const empty = placeholdersIn([...options.words, ...Object.values(env)]).find((name) => ofContainer.includes(name));
  if (empty !== undefined) {
    throw new KxError('KX_USAGE', `{${empty}} means nothing with ${first}: the command runs on the host`, {
      hint: `{node}, {context} and {index} do; {{${empty}}} is {${empty}} itself`,
    });
  }
}

const ofContainer: readonly string[] = ['namespace', 'pod', 'container'];

function exclusive(one: string, other: string, hint?: string): KxError {
  return new KxError('KX_USAGE', `${one} and ${other} exclude each other`, { hint });
}
