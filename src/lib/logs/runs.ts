import type { ContainerNow } from './container-now.ts';
import { parseMoment } from './timestamp.ts';

/** The state of a container that is there. */
export type Known = Exclude<ContainerNow, { readonly kind: 'gone' | 'unknown' }>;

/** What the state of a container means for who read its log. */
export interface News {
  /** The log that is served now is of another run than the one that was read. */
  readonly isNew: boolean;
  /** There are lines in the log of the run before this one that were not read. */
  readonly readFormer: boolean;
  /** The run before it is the one that was read. */
  readonly isNext: boolean;
  /** The end of the run that was read cannot be had any more. */
  readonly isMissed: boolean;
}

/** Tells the runs of a container apart, from what is known when the log of one ends. */
export interface Runs {
  /** Notes the state; `last` is the timestamp of the last line that was read. */
  see(now: Known, last: string | undefined): News;
  /** Whether the state is of another run than the one that was read; notes nothing. */
  isOther(now: Known, last: string | undefined): boolean;
  /** Whether the log of this run was read to its end. */
  isRead(now: Known): boolean;
  noteRead(now: Known): void;
}

/** `containerId`: of the run whose log was opened, where that is known. */
export function createRuns(containerId: string | undefined): Runs {
  let id = containerId;
  let read: string | undefined;
  const same: News = { isNew: false, readFormer: false, isNext: true, isMissed: false };

  const isOther = (now: Known, last: string | undefined): boolean =>
    now.containerId !== undefined && now.containerId !== id && (id !== undefined || isAfter(now, last));

  return {
    isOther,
    see(now, last) {
      if (!isOther(now, last)) {
        id ??= now.containerId;
        return same;
      }
      const isNext = id === undefined || now.formerId === id;
      const needsRest = id === undefined || read !== id;
      id = now.containerId;
      const readFormer = isNext ? needsRest : now.formerId !== undefined;
      return { isNew: true, readFormer, isNext, isMissed: !isNext && needsRest };
    },
    isRead: (now) => read !== undefined && read === now.containerId,
    noteRead(now) {
      read = now.containerId;
    },
  };
}

/** Whether a run began after the last line that was read: so that line is of a run before it. Node and runtime have one clock. */
function isAfter({ restarts, startedAt }: Known, last: string | undefined): boolean {
  if (restarts === 0 || startedAt === undefined || last === undefined) return false;
  const [begin, line] = [parseMoment(startedAt), parseMoment(last)];
  // startedAt has whole seconds: within the same one both are possible, and reading the former run again does no harm.
  return begin !== undefined && line !== undefined && line.second <= begin.second;
}
