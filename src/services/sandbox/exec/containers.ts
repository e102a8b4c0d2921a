import type { ExecRequest, RemoteProcess, TerminalSize } from '../../../lib/process/index.ts';
import type { LocalContainer, LocalRuntime } from '../../../lib/runtime/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { timestamp, type ContainerSpec, type ContainerStatus, type Pod } from '../cluster/objects.ts';
import { containerId, runningStatus, withContainerStatus, willRestart } from '../cluster/pod-status.ts';
import { ApiError } from '../api/status.ts';
import { parseFaults } from './faults.ts';
import { createLog, type ContainerLog } from './log.ts';
import { generateLines, parseGenerator, type Generator } from './log-generator.ts';
import { pauseProcess, runMainProcess, type MainProcess } from './main-process.ts';

/** The kubelets: what runs in the containers of the pods. */
export interface Containers {
  /** Starts the own commands of all pods that are there, and of those to come. */
  start(): void;
  exec(pod: Pod, spec: ContainerSpec, request: ExecRequest): Promise<RemoteProcess>;
  attach(pod: Pod, spec: ContainerSpec, wants: { stdin: boolean; size: TerminalSize | null }): Promise<RemoteProcess>;
  /** Of the run that is now, or of the one before it. */
  log(pod: Pod, spec: ContainerSpec, previous: boolean): ContainerLog | undefined;
  /** How often the logs of a pod were asked for, with this time. */
  countLogRequest(pod: Pod): number;
}

interface Run {
  restarts: number;
  main: MainProcess | undefined;
  starting: Promise<void> | undefined;
  log: ContainerLog;
  previous: ContainerLog | undefined;
  /** Ends what is not a process of the machine. */
  stop: () => void;
}

const longestBackOff = 10_000;

/** Keeps the containers of a cluster on the machine. */
export function createContainers(cluster: Cluster, runtime: LocalRuntime): Containers {
  const runs = new Map<string, Run>();
  const logRequests = new Map<string, number>();

  const runOf = (pod: Pod, spec: ContainerSpec): Run => {
    const key = `${pod.metadata.uid}/${spec.name}`;
    const run = runs.get(key) ?? {
      restarts: 0,
      main: undefined,
      starting: undefined,
      log: createLog(),
      previous: undefined,
      stop: () => {},
    };
    runs.set(key, run);
    return run;
  };

  const ensureStarted = (pod: Pod, spec: ContainerSpec): Promise<void> => {
    const run = runOf(pod, spec);
    run.starting ??=
      speaks(pod, spec) && stateOf(pod, spec)?.running !== undefined ? begin(pod, spec, run) : Promise.resolve();
    return run.starting;
  };

  const open = (pod: Pod, spec: ContainerSpec, run: Run): Promise<RemoteProcess> => {
    const generator = generatorOf(pod, spec);
    if (generator !== undefined) {
      const lines = generateLines(generator);
      run.stop = () => lines.disconnect();
      return Promise.resolve(lines);
    }
    return runtime.exec(localContainer(pod, spec, run.restarts), {
      command: [...(spec.command ?? []), ...(spec.args ?? [])],
      stdin: spec.stdin === true,
      tty: spec.tty === true ? { width: 80, height: 24 } : null,
    });
  };

  const begin = async (pod: Pod, spec: ContainerSpec, run: Run): Promise<void> => {
    const { logRotate } = parseFaults(pod.metadata.annotations, pod.metadata.name);
    try {
      const main = runMainProcess(await open(pod, spec, run), spec, createLog(logRotate));
      run.main = main;
      run.log = main.log;
      void main.exit.then(
        ({ code }) => end(pod, spec, run, code),
        () => end(pod, spec, run, 255),
      );
    } catch (error) {
      setStatus(pod, spec, (status) => ({
        ...status,
        ready: false,
        state: { waiting: { reason: 'RunContainerError', message: (error as Error).message } },
      }));
    }
  };

  const end = (pod: Pod, spec: ContainerSpec, run: Run, exitCode: number): void => {
    const id = containerId(pod.metadata.uid, spec.name, run.restarts);
    const again = willRestart(pod.spec.restartPolicy, exitCode);
    const finishedAt = timestamp();
    let startedAt = finishedAt;
    run.main = undefined;
    void runtime.remove(id);
    setStatus(pod, spec, (status) => {
      startedAt = status.state.running?.startedAt ?? finishedAt;
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const terminated = { exitCode, reason, startedAt, finishedAt, containerID: id };
      return { ...status, ready: false, started: false, state: { terminated } };
    });
    if (!again || cluster.getPod(pod.metadata.namespace ?? '', pod.metadata.name)?.metadata.uid !== pod.metadata.uid)
      return;
    const delay = Math.min(longestBackOff, 500 * 2 ** run.restarts);
    const timer = setTimeout(() => {
      run.restarts++;
      run.previous = run.log;
      setStatus(pod, spec, (status) => ({
        ...runningStatus(spec, pod.metadata.uid, timestamp(), run.restarts),
        lastState: status.state,
      }));
      run.starting = begin(pod, spec, run);
    }, delay);
    timer.unref();
  };

  const setStatus = (pod: Pod, spec: ContainerSpec, change: (status: ContainerStatus) => ContainerStatus): void => {
    const current = cluster.getPod(pod.metadata.namespace ?? '', pod.metadata.name);
    const status = current?.status.containerStatuses?.find((each) => each.name === spec.name);
    if (current?.metadata.uid !== pod.metadata.uid || status === undefined) return;
    cluster.updatePod(withContainerStatus(current, change(status)));
  };

  const requireRunning = async (pod: Pod, spec: ContainerSpec): Promise<void> => {
    await ensureStarted(pod, spec);
    const current = cluster.getPod(pod.metadata.namespace ?? '', pod.metadata.name) ?? pod;
    if (stateOf(current, spec)?.running === undefined) {
      throw new ApiError(
        500,
        'InternalError',
        `Internal error occurred: unable to upgrade connection: container not found (${JSON.stringify(spec.name)})`,
      );
    }
  };

  const startAll = (pod: Pod): void => {
    for (const spec of pod.spec.containers) void ensureStarted(pod, spec);
  };

  cluster.store.listen(({ resource, type, object }) => {
    if (resource !== cluster.pods) return;
    const pod = object as Pod;
    if (type === 'DELETED') {
      for (const spec of pod.spec.containers) {
        const run = runOf(pod, spec);
        run.stop();
        void runtime.remove(containerId(pod.metadata.uid, spec.name, run.restarts));
      }
    }
  });

  return {
    start() {
      for (const pod of cluster.store.list(cluster.pods)) startAll(pod as Pod);
      cluster.store.listen(({ resource, type, object }) => {
        if (resource === cluster.pods && type === 'ADDED') startAll(object as Pod);
      });
    },
    async exec(pod, spec, request) {
      await requireRunning(pod, spec);
      return runtime.exec(localContainer(pod, spec, runOf(pod, spec).restarts), request);
    },
    async attach(pod, spec, wants) {
      await requireRunning(pod, spec);
      return (runOf(pod, spec).main ?? runMainProcess(pauseProcess(), spec)).attach(wants);
    },
    countLogRequest({ metadata: { uid } }) {
      const count = (logRequests.get(uid) ?? 0) + 1;
      logRequests.set(uid, count);
      return count;
    },
    log: (pod, spec, previous) => (previous ? runOf(pod, spec).previous : runOf(pod, spec).log),
  };
}

/** Whether a container has something to run: a command, or lines to say. */
function speaks(pod: Pod, spec: ContainerSpec): boolean {
  return hasCommand(spec) || generatorOf(pod, spec) !== undefined;
}

function hasCommand(spec: ContainerSpec): boolean {
  return (spec.command?.length ?? 0) + (spec.args?.length ?? 0) > 0;
}

function generatorOf({ metadata }: Pod, spec: ContainerSpec): Generator | undefined {
  return hasCommand(spec) ? undefined : parseGenerator(metadata.annotations, metadata.name);
}

function stateOf(pod: Pod, spec: ContainerSpec): ContainerStatus['state'] | undefined {
  return pod.status.containerStatuses?.find((each) => each.name === spec.name)?.state;
}

function localContainer(pod: Pod, spec: ContainerSpec, restarts: number): LocalContainer {
  const { name } = pod.metadata;
  const hostname = pod.spec.hostname ?? name.slice(0, 63);
  return {
    id: containerId(pod.metadata.uid, spec.name, restarts),
    hostname,
    hosts: `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost\n${pod.status.podIP ?? '127.0.0.1'}\t${hostname}`,
    env: Object.fromEntries((spec.env ?? []).map(({ name: key, value }) => [key, value ?? ''])),
    workingDir: spec.workingDir ?? '/',
    // As with docker, the image `scratch` has no files.
    empty: spec.image === 'scratch',
  };
}
