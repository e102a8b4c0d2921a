import { isDeepStrictEqual } from 'node:util';
import type { PickedPod } from './pick-containers.ts';
import type { ContainerEvent, SelectedContainer } from './types.ts';

/** What a list or a watch says of pods. */
export type PodChange =
  /** All that there are. */
  | { readonly type: 'listed'; readonly pods: readonly PickedPod[] }
  | { readonly type: 'put'; readonly pod: PickedPod }
  /** It was deleted; or, where it is not being deleted, it is not shown any more. */
  | { readonly type: 'delete'; readonly pod: PickedPod };

interface Entry {
  readonly pod: PickedPod;
  /** Who shows it: a pod may be in several lists. */
  readonly shownBy: Set<number>;
}

/** Keeps what is known of pods. Gives what a change means for the containers that are selected. */
export interface Tracker {
  /** `by` is the number of the list and watch that says it. */
  apply(by: number, change: PodChange): readonly ContainerEvent[];
}

/** Knows of no pod. `say` gets the note of every pod once. */
export function trackContainers(say: (note: string) => void): Tracker {
  const entries = new Map<string, Entry>();

  const deleted = new Set<string>();

  const put = (by: number, pod: PickedPod): readonly ContainerEvent[] => {
    const key = keyOf(pod);
    const known = entries.get(key);
    if (deleted.has(pod.uid)) return [];
    if (known !== undefined && isOlder(pod, known.pod)) {
      // Another watch is ahead of this one.
      if (known.pod.uid === pod.uid) known.shownBy.add(by);
      return [];
    }
    if (known?.pod.uid === pod.uid) {
      entries.set(key, { pod, shownBy: known.shownBy.add(by) });
      return compare(known.pod.containers, pod.containers);
    }
    entries.set(key, { pod, shownBy: new Set([by]) });
    if (pod.note !== undefined) say(pod.note);
    return [...(known === undefined ? [] : goneOf(known.pod, true)), ...pod.containers.map(appeared)];
  };
  const hide = (by: number, pod: PickedPod, isDeleted: boolean): readonly ContainerEvent[] => {
    const known = entries.get(keyOf(pod));
    if (known?.pod.uid !== pod.uid) return [];
    known.shownBy.delete(by);
    return known.shownBy.size > 0 ? [] : forget(known.pod, isDeleted);
  };
  const forget = (pod: PickedPod, isDeleted: boolean): readonly ContainerEvent[] => {
    const known = entries.get(keyOf(pod));
    if (known?.pod.uid !== pod.uid) return [];
    entries.delete(keyOf(pod));
    return goneOf(known.pod, isDeleted);
  };
  const replace = (by: number, pods: readonly PickedPod[]): readonly ContainerEvent[] => {
    const keys = new Set(pods.map(keyOf));
    const lost = [...entries.values()].filter(({ pod, shownBy }) => shownBy.has(by) && !keys.has(keyOf(pod)));
    return [...lost.flatMap(({ pod }) => hide(by, pod, true)), ...pods.flatMap((pod) => put(by, pod))];
  };

  return {
    apply(by, change) {
      switch (change.type) {
        case 'listed':
          return replace(by, change.pods);
        case 'put':
          return put(by, change.pod);
        case 'delete':
          if (!change.pod.deleting) return hide(by, change.pod, false);
          remember(deleted, change.pod.uid);
          return forget(change.pod, true);
      }
    },
  };
}

/** Another watch may be so far behind that it still has to tell of a pod that is gone. */
function remember(deleted: Set<string>, uid: string): void {
  deleted.add(uid);
  const [oldest] = deleted;
  if (deleted.size > 1000 && oldest !== undefined) deleted.delete(oldest);
}

function keyOf({ namespace, name }: PickedPod): string {
  return `${namespace}/${name}`;
}

/** Versions of pods are numbers that grow, where they can be compared at all (KEP-5504). */
function isOlder(pod: PickedPod, known: PickedPod): boolean {
  const [a, b] = [pod.version, known.version];
  return /^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) <= BigInt(b);
}

function compare(before: readonly SelectedContainer[], after: readonly SelectedContainer[]): readonly ContainerEvent[] {
  const names = new Set(after.map(({ container }) => container));
  const gone = before.filter(({ container }) => !names.has(container));
  return [
    ...gone.map((container) => ({ type: 'gone', container, deleted: false }) as const),
    ...after.flatMap((container): ContainerEvent | [] => {
      const previous = before.find((each) => each.container === container.container);
      if (previous === undefined) return appeared(container);
      return isDeepStrictEqual(previous, container) ? [] : { type: 'changed', container, previous };
    }),
  ];
}

function appeared(container: SelectedContainer): ContainerEvent {
  return { type: 'appeared', container };
}

function goneOf({ containers }: PickedPod, deleted: boolean): readonly ContainerEvent[] {
  return containers.map((container) => ({ type: 'gone', container, deleted }));
}
