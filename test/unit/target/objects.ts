import type { Pod } from '../../../src/lib/target/pod-order.ts';

/** What the tests vary in a pod; everything else is that of a pod that has been ready since noon. */
export interface PodTraits {
  readonly uid?: string;
  readonly containers?: readonly string[];
  readonly init?: readonly string[];
  readonly ephemeral?: readonly string[];
  readonly annotations?: Record<string, string>;
  readonly node?: string;
  readonly phase?: string;
  readonly ready?: boolean;
  readonly readySince?: string;
  readonly created?: string;
  readonly deleted?: string;
  readonly restarts?: number;
  readonly status?: object;
}

/** A pod in the namespace `shop`. */
export function pod(name: string, traits: PodTraits = {}): Pod {
  const { containers = ['app'], init = [], ephemeral = [], phase = 'Running', ready = true, restarts = 0 } = traits;
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: traits.uid ?? `uid-of-${name}`,
      creationTimestamp: traits.created ?? '2026-01-01T11:00:00Z',
      ...(traits.deleted === undefined ? {} : { deletionTimestamp: traits.deleted }),
      ...(traits.annotations === undefined ? {} : { annotations: traits.annotations }),
    },
    spec: {
      nodeName: traits.node ?? 'node-1',
      containers: containers.map((each) => ({ name: each })),
      initContainers: init.map((each) => ({ name: each })),
      ephemeralContainers: ephemeral.map((each) => ({ name: each })),
    },
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: ready ? 'True' : 'False',
          lastTransitionTime: traits.readySince ?? '2026-01-01T12:00:00Z',
        },
      ],
      containerStatuses: containers.map((each) => ({
        name: each,
        image: '',
        imageID: '',
        ready,
        restartCount: restarts,
        state: { running: {} },
      })),
      ...traits.status,
    },
  };
}
