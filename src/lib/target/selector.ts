import type { V1LabelSelector } from '@kubernetes/client-node';
import type { Json } from './json.ts';

const operators: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** A label selector as the `labelSelector` query parameter (k8s.io/apimachinery/pkg/labels). Undefined: it is empty. */
export function formatSelector(selector: Json<V1LabelSelector>): string | undefined {
  const labels = formatLabels(selector.matchLabels ?? {});
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const format = operators[operator];
    // An operator that kx does not know: left to the server, which refuses it, instead of selecting too much.
    return format === undefined ? `${key} ${operator}` : format(key, (values ?? []).join(','));
  });
  return [...labels, ...expressions].join(',') || undefined;
}

/** The same for a plain map of labels. */
export function formatLabelMap(labels: Readonly<Record<string, string>>): string | undefined {
  return formatLabels(labels).join(',') || undefined;
}

function formatLabels(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
