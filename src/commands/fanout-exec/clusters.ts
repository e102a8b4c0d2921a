import { setTimeout as delay } from 'node:timers/promises';
import { KxError, toKxError } from '../../lib/errors/index.ts';
import type { ExecTarget } from './exec-target.ts';

/** The targets of all clusters, in the order of the contexts. */
export interface FoundTargets {
  /** Of those that have answered, or cannot be reached. */
  readonly targets: readonly ExecTarget[];
  /** The contexts of clusters that have not answered yet. */
  readonly silent: readonly string[];
  /** The targets of those as they answer; when `signal` aborts nobody waits for them any more. */
  readonly late: (signal: AbortSignal) => AsyncGenerator<readonly ExecTarget[]>;
}

/** What is found in the cluster of one context. */
export interface Finding {
  readonly context: string;
  readonly targets: Promise<readonly ExecTarget[]>;
}

/** How long clusters that have answered wait for the others, in milliseconds. */
const patience = 1000;

/**
 * Puts together what is found in several clusters. One that cannot be reached is a target that is not reached, so that the
 * others run and it is not just absent; those that are silent come later. Rejects as any of them where that is another error,
 * or nothing can be reached: nothing has run anywhere then. `whole`: all are waited for, and any error is one.
 */
export async function combineClusters(findings: readonly Finding[], whole: boolean): Promise<FoundTargets> {
  const pending = new Map<Finding, Promise<Finding>>();
  const found = new Map<Finding, readonly ExecTarget[]>();
  let isFirst = true;
  const refused: unknown[] = [];
  for (const finding of findings) {
    const keep = async (): Promise<Finding> => {
      try {
        found.set(finding, await finding.targets);
      } catch (error) {
        refused.push(error);
        if (isFirst && (whole || !isUnreachable(error))) throw error;
        found.set(finding, [standIn(finding.context, toKxError(error))]);
      }
      pending.delete(finding);
      return finding;
    };
    pending.set(finding, keep());
  }
  const all = Promise.all([...pending.values()]);
  // Whoever fails later is a target that is not reached.
  all.catch(() => {});
  const any = Promise.any(findings.map(({ targets }) => targets.then(requireSome))).then(
    () => delay(patience),
    () => all,
  );
  await (whole ? all : Promise.race([all, any]));
  isFirst = false;
  if (refused.length === findings.length) throw refused[0];
  return {
    targets: findings.flatMap((finding) => found.get(finding) ?? []),
    silent: [...pending.keys()].map(({ context }) => context),
    async *late(signal) {
      const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
      while (pending.size > 0 && !signal.aborted) {
        const finding = await Promise.race([stopped, ...pending.values()]);
        if (finding !== undefined) yield found.get(finding) ?? [];
      }
      for (const { context } of pending.keys()) yield [standIn(context, notAnswered)];
    },
  };
}

const notAnswered = new KxError('KX_UNREACHABLE', 'the cluster has not answered', { ran: 'no' });

function isUnreachable(error: unknown): boolean {
  return error instanceof KxError && error.code === 'KX_UNREACHABLE';
}

/** Nobody need begin with nothing. */
function requireSome(targets: readonly ExecTarget[]): void {
  if (targets.length === 0) throw new Error('no targets');
}

/** In place of the targets of a cluster that nobody knows. */
function standIn(context: string, error: KxError): ExecTarget {
  return {
    kind: 'cluster',
    source: { context, namespace: '', pod: '', container: '' },
    uid: undefined,
    state: '',
    open: () => Promise.reject(error),
  };
}
