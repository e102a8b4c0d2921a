import type { KxError } from '../../errors/index.ts';
import type { Reference } from '../reference.ts';

/** A compiled regular expression, of whatever engine. */
export interface TextPattern {
  test(text: string): boolean;
}

/** In the order in which kubectl names them: init containers first, then containers, then ephemeral ones. */
export type ContainerKind = 'init' | 'container' | 'ephemeral';

/** A container that the kubelet has said nothing about yet is waiting. */
export type ContainerState = 'waiting' | 'running' | 'terminated';

/** One container of one pod, as it was when it was read. Containers of one pod share `labels`. */
export interface SelectedContainer {
  readonly namespace: string;
  readonly pod: string;
  /** Of the pod: another one means that the pod was created again under its name. */
  readonly uid: string;
  /** Undefined: not scheduled yet. */
  readonly node: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The pod is being deleted; its containers may still run. */
  readonly deleting: boolean;
  readonly container: string;
  readonly kind: ContainerKind;
  readonly state: ContainerState;
  /** Why it waits (CrashLoopBackOff, ImagePullBackOff) or how it ended (Completed, Error, OOMKilled), where that is said. */
  readonly reason: string | undefined;
  /** Set in the state terminated. */
  readonly exitCode: number | undefined;
  readonly ready: boolean;
  readonly restarts: number;
  /** With the runtime before it: `containerd://0a1b…`. Undefined: never started. Another one means: started again. */
  readonly containerId: string | undefined;
  /** RFC 3339; of the run that `state` is about, undefined in the state waiting. */
  readonly startedAt: string | undefined;
}

/** Pods that somebody means: a pod or the pods of an object, or the pods whose name matches a pattern. */
export type PodSource = Reference | { readonly podName: TextPattern };

/** Which containers of which pods. Every condition must hold; absent ones do. */
export interface ContainerSelection {
  readonly namespaces: readonly string[] | 'all';
  /** A pod that one of these means is selected; none: every pod. */
  readonly sources: readonly PodSource[];
  /** The text of a label selector (`app=web,tier in (a,b)`), which the server reads. */
  readonly labelSelector?: string | undefined;
  /** The text of a field selector (`status.phase=Running`), which the server reads. */
  readonly fieldSelector?: string | undefined;
  /** The name of a node. */
  readonly node?: string | undefined;
  /** Pods that one of these matches are left out. */
  readonly excludePods?: readonly TextPattern[] | undefined;
  /**
   * `default`: of each pod the one that kubectl takes (annotation, else the first). A name: that container of any kind.
   * A pattern, or `all`: of the `kinds`.
   */
  readonly containers: 'default' | 'all' | { readonly name: string } | TextPattern;
  /** Containers that one of these matches are left out. */
  readonly excludeContainers?: readonly TextPattern[] | undefined;
  /** Absent: every kind. */
  readonly kinds?: readonly ContainerKind[] | undefined;
  /** Absent: every state. */
  readonly states?: readonly ContainerState[] | undefined;
}

export interface SelectionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets kubectl's line about a container that was chosen by default: once for a pod of several containers. */
  readonly say?: ((line: string) => void) | undefined;
}

/** What `followContainers` tells, in the order in which the cluster says it. */
export type ContainerEvent =
  /** A container that is selected now and was not before. Of a pod created again under its name: after its `gone`. */
  | { readonly type: 'appeared'; readonly container: SelectedContainer }
  /** Something of it is not as it was; it was started again where `restarts` or `containerId` differ. */
  | { readonly type: 'changed'; readonly container: SelectedContainer; readonly previous: SelectedContainer }
  /** The pod is gone (`deleted`), or the container has left the selection: a state or a label. As it was last seen. */
  | { readonly type: 'gone'; readonly container: SelectedContainer; readonly deleted: boolean }
  /** Told once: everything that there was at the beginning has been told. */
  | { readonly type: 'listed' }
  /** The cluster cannot be asked now, and not at once again; what happens meanwhile is told after `resumed`. */
  | { readonly type: 'interrupted'; readonly error: KxError }
  | { readonly type: 'resumed' };
