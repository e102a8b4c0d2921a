import { KxError } from '../errors/index.ts';
import { checkNamespace, isKind, nodeName, parseReference, type Reference } from '../target/index.ts';
import { toName, type Name } from './entry.ts';

/** One end of a copy, as the user typed it. */
export type Spec = LocalSpec | RemoteSpec | { readonly side: 'stdio' };

export interface LocalSpec {
  readonly side: 'local';
  /** Not empty. */
  readonly path: string;
}

export interface RemoteSpec {
  readonly side: 'remote';
  /** Absent: the namespace that applies to any reference. */
  readonly namespace?: string;
  /** Absent in `:PATH`, which stands for the pods or nodes of a selector, and where a node is named. */
  readonly reference?: Reference;
  /** The name of a node whose host the path is on. */
  readonly node?: string;
  /** Not empty; relative to the working directory of the container unless it begins with `/`. */
  readonly path: Name;
}

/** Where `text` is read. */
export interface SpecRules {
  /** On Windows one letter in front of a colon is a drive, and `\` separates names. */
  readonly windows: boolean;
  /** `:PATH` is allowed. */
  readonly selector: boolean;
}

const format = 'filespec must match the canonical format: [[namespace/]pod:]file/path';
const isLocalHint = 'a local file with a colon in its name is written with ./ in front';

/**
 * Reads `[[NAMESPACE/]POD:]PATH`, `[NAMESPACE/]TYPE/NAME:PATH`, `node/NAME:PATH`, `-` (stdin or stdout), and `:PATH` where a selector names the
 * pods. The first colon counts. Local is what has none, what begins with `.`, `/` or (Windows) a drive letter, and what has
 * more parts in front of the colon than a reference. `A/B:PATH` is a TYPE/NAME where A is a kind, else NAMESPACE/POD.
 * Throws KX_USAGE, in kubectl's words where it has some.
 */
export function parseSpec(text: string, rules: SpecRules): Spec {
  if (text === '-') return { side: 'stdio' };
  const colon = text.indexOf(':');
  if (colon === 0) {
    if (rules.selector) return { side: 'remote', path: remotePath(text.slice(1)) };
    throw new KxError('KX_USAGE', format, {
      hint: ':PATH stands for the pods of -l SELECTOR, or for nodes, and there is none',
    });
  }
  const place = text.slice(0, colon);
  if (colon === -1 || isLocal(place, rules)) return { side: 'local', path: notEmpty(text) };
  const path = remotePath(text.slice(colon + 1));
  try {
    return { side: 'remote', ...parsePlace(place), path };
  } catch (error) {
    if (!(error instanceof KxError)) throw error;
    const hint = error.hint === undefined ? isLocalHint : `${error.hint}; ${isLocalHint}`;
    throw new KxError('KX_USAGE', error.message, { hint, cause: error });
  }
}

function isLocal(place: string, { windows }: SpecRules): boolean {
  if (/^[./]/.test(place)) return true;
  if (windows && (/^[A-Za-z]$/.test(place) || place.includes('\\'))) return true;
  const parts = place.split('/');
  return parts.length > 3 || (parts.length === 3 && !isKind(parts[1] ?? ''));
}

/** The parts in front of the colon. Two of them are TYPE/NAME where the first is a kind. */
function parsePlace(place: string): Pick<RemoteSpec, 'namespace' | 'reference' | 'node'> {
  const node = nodeName(place);
  if (node !== undefined) return { node };
  const [first = '', ...rest] = place.split('/');
  if (rest.includes('')) throw new KxError('KX_USAGE', format);
  if (rest.length === 0 || (rest.length === 1 && isKind(first))) return { reference: parseReference(place) };
  checkNamespace(first);
  return { namespace: first, reference: parseReference(rest.join('/')) };
}

function remotePath(path: string): Name {
  return toName(notEmpty(path));
}

function notEmpty(path: string): string {
  if (path === '') throw new KxError('KX_USAGE', 'filepath can not be empty');
  return path;
}
