import { createPaint, createPrefixer, wantsColor, type ColorChoice, type PrefixParts } from '../../lib/render/index.ts';
import { isTerminal } from '../../lib/terminal/index.ts';
import type { ExecTarget } from './exec-target.ts';

/** How targets are called. */
export interface Naming {
  /** What tells a target from the others: a node, or a pod with namespace, container and context where there are several. */
  nameOf(target: ExecTarget): string;
  /** The beginning of each of its lines on stdout (1) or stderr (2). */
  prefixOf(target: ExecTarget, fd: 1 | 2): string;
}

export function nameTargets(targets: readonly ExecTarget[], color: ColorChoice): Naming {
  const parts = partsOf(targets);
  const prefixers = ([1, 2] as const).map((fd) =>
    createPrefixer('stern', parts, createPaint(wantsColor(color, isTerminal(fd), process.env))),
  );
  return {
    nameOf: ({ source: { context, namespace, pod, container } }) => {
      const before = parts.context ? `${context ?? ''}:` : '';
      return `${before}${parts.namespace ? `${namespace}/` : ''}${pod}${parts.container ? `/${container}` : ''}`;
    },
    prefixOf: ({ source }, fd) => prefixers[fd - 1]?.(source) ?? '',
  };
}

function partsOf(targets: readonly ExecTarget[]): PrefixParts {
  const pods = new Set(
    targets.map(({ source: { context, namespace, pod } }) => `${context ?? ''}/${namespace}/${pod}`),
  );
  return {
    context: new Set(targets.map(({ source }) => source.context)).size > 1,
    namespace: new Set(targets.map(({ source }) => source.namespace)).size > 1,
    container: pods.size < targets.length,
  };
}
