import type { KubeObject } from '../cluster/objects.ts';
import { badRequest } from './status.ts';

export type Predicate = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

const setRequirement = /^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)\s*$/;
const equality = /^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s,()=!]*)\s*$/;
const comparison = /^\s*([^\s<>!=]+)\s*([<>])\s*(-?\d+)\s*$/;
const existence = /^\s*(!?)\s*([^\s!=,()]+)\s*$/;

/** Reads a label selector (k8s.io/apimachinery/pkg/labels): `a=b, c!=d, e in (f,g), h notin (i), j, !k, l>1`. */
export function parseLabelSelector(text: string): Predicate {
  const tests = splitRequirements(text).map(parseRequirement);
  return ({ metadata }) => tests.every((test) => test(metadata.labels ?? {}));
}

/** Reads a field selector: `a.b=c, d!=e`. Fields that an object does not have are ''. */
export function parseFieldSelector(text: string): Predicate {
  const tests = text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term);
      if (match === null) throw badRequest(`invalid field selector: ${JSON.stringify(term)}; can't understand it`);
      const [, path = '', operator, value] = match;
      return (object: KubeObject) => (fieldOf(object, path) === value) === (operator !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}

/** Splits at the commas that are not inside parentheses. */
function splitRequirements(text: string): string[] {
  return text.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '');
}

function parseRequirement(term: string): (labels: Labels) => boolean {
  const set = setRequirement.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return operator === 'in'
        ? value !== undefined && values.includes(value)
        : value === undefined || !values.includes(value);
    };
  }
  const equal = equality.exec(term);
  if (equal !== null) {
    const [, key = '', operator, value] = equal;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const compared = comparison.exec(term);
  if (compared !== null) {
    const [, key = '', operator, limit] = compared;
    return (labels) => {
      const value = Number(labels[key]);
      return operator === '<' ? value < Number(limit) : value > Number(limit);
    };
  }
  const exists = existence.exec(term);
  if (exists === null) throw badRequest(`unable to parse requirement: found ${JSON.stringify(term.trim())}`);
  const [, not, key = ''] = exists;
  return (labels) => key in labels === (not === '');
}

function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
