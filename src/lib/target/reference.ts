import { KxError } from '../errors/index.ts';
import { closestNames, checkName, quote } from './names.ts';
import { findKind, kindNames, kinds, type Kind } from './kinds.ts';

/** What the user typed: a pod, or an object that has pods. The name has the form of a Kubernetes name. */
export interface Reference {
  readonly kind: Kind;
  readonly name: string;
}

/**
 * Reads `POD` or `TYPE/NAME` as kubectl does: kind, plural or short name in any case, also `deployments.apps` and
 * `deployments.v1.apps`. Throws KX_USAGE for anything else, with kubectl's words where it has some.
 */
export function parseReference(text: string): Reference {
  if (text === '') throw new KxError('KX_USAGE', 'pod, type/name or --filename must be specified');
  const parts = text.split('/');
  if (parts.length > 2) {
    throw new KxError('KX_USAGE', `arguments in resource/name form may not have more than one slash: ${quote(text)}`, {
      hint: 'the namespace is named with -n',
    });
  }
  const [type, name] = parts.length === 1 ? ['pod', text] : [parts[0] ?? '', parts[1] ?? ''];
  if (type === '' || name === '' || type.includes(',')) {
    throw new KxError(
      'KX_USAGE',
      `arguments in resource/name form must have a single resource and name: ${quote(text)}`,
    );
  }
  const kind = findKind(type);
  if (kind === undefined) throw nodeName(text) === undefined ? unknownKind(type) : noContainer(name);
  checkName(kind, name);
  return { kind, name };
}

/** The name of a node in `node/NAME`; undefined for every other reference. Throws KX_USAGE for one that cannot be a name. */
export function nodeName(text: string): string | undefined {
  const [, name] = splitNode(text) ?? [];
  if (name !== undefined) checkName('node', name);
  return name;
}

/** The word for nodes and what stands behind its slash, which need be no name yet; undefined for every other reference. */
export function splitNode(text: string): readonly [type: string, rest: string] | undefined {
  const [, type, rest] = /^(nodes?|no)\/(.*)$/i.exec(text) ?? [];
  return type === undefined || rest === undefined ? undefined : [type, rest];
}

/** The reference as a user would type it. */
export function formatReference(reference: Reference): string {
  return `${reference.kind}/${reference.name}`;
}

function noContainer(node: string): KxError {
  return new KxError('KX_USAGE', `node "${node}" is no container`, {
    hint: `kubectl kx privileged-exec node/${node} -- COMMAND runs commands on it, kubectl kx cp copies its files`,
  });
}

function unknownKind(type: string): KxError {
  const words = kindNames.flatMap((kind) => [kind, kinds[kind].plural]);
  const close = [...new Set(closestNames(type.toLowerCase(), words).map((word) => findKind(word) ?? word))];
  const guess = close.length === 0 ? '' : `did you mean ${close.join(' or ')}? `;
  return new KxError('KX_USAGE', `${quote(type)} is not a kind of object that has pods`, {
    hint: `${guess}kx takes ${kindNames.join(', ')}`,
  });
}
