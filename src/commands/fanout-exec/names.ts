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

/** `isWhole`: there will be no others; else every name says all that may be needed. */
export function nameTargets(targets: readonly ExecTarget[], isWhole: boolean, color: ColorChoice): Naming {
  const parts = isWhole ? partsOf(targets) : { context: true, namespace: true, container: true };
  const prefixers = ([1, 2] as const).map((fd) =>
    createPrefixer('stern', parts, createPaint(wantsColor(color, isTerminal(fd), process.env))),
  );
  return {
    nameOf: ({ kind, source: { context, namespace, pod, container } }) => {
      if (kind === 'cluster') return context ?? '';
      const before = parts.context ? `${context ?? ''}:` : '';
      return `${before}${parts.namespace ? `${namespace}/` : ''}${pod}${parts.container ? `/${container}` : ''}`;
    },
    prefixOf: ({ kind, source }, fd) =>
      kind === 'cluster' ? `${source.context ?? ''} ` : (prefixers[fd - 1]?.(source) ?? ''),
  };
}

function partsOf(all: readonly ExecTarget[]): PrefixParts {
  const targets = all.filter(({ kind }) => kind !== 'cluster');
  const pods = new Set(
    targets.map(({ source: { context, namespace, pod } }) => `${context ?? ''}/${namespace}/${pod}`),
  );
  return {
    context: new Set(all.map(({ source }) => source.context)).size > 1,
    namespace: new Set(targets.map(({ source }) => source.namespace)).size > 1,
    container: pods.size < targets.length,
  };
}
