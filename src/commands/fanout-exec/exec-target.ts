import type { ApiClient } from '../../lib/kube/index.ts';
import type { LineSource } from '../../lib/render/index.ts';
import type { Start, Started } from '../exec/start.ts';
import type { NodeHelperEvents } from '../privileged-exec/node-helpers.ts';

/** One container, or the host of one node, to run in; or a cluster whose targets nobody knows, for it cannot be reached. */
export interface ExecTarget {
  readonly kind: 'container' | 'node' | 'cluster';
  /** What it is called. A node has its name in the place of the pod, too, and no namespace and container. A cluster has only its context. */
  readonly source: LineSource;
  /** Of the pod, or of the node; undefined where that may not be read. */
  readonly uid: string | undefined;
  /** In words. */
  readonly state: string;
  /** Gets what commands need there, such as a helper pod. Until `signal` aborts; rejects with what keeps them from being started. */
  readonly open: (events: NodeHelperEvents) => Promise<Way>;
}

/** The way to a target. */
export interface Way {
  readonly start: (command: Command) => Promise<Started>;
  /** Leaves nothing behind. Never rejects. */
  readonly close: () => Promise<void>;
}

/** What is to be started. */
export interface Command extends Pick<Start, 'request' | 'mode' | 'signal'> {
  readonly log: (level: number, line: string) => void;
}

/** Finds the targets in one cluster; `many`: there are others. */
export type Finder = (api: ApiClient, many: boolean) => Promise<readonly ExecTarget[]>;
