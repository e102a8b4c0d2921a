import { PassThrough, Writable } from 'node:stream';
import type { ExitStatus, RemoteProcess, TerminalSize } from '../../../lib/process/index.ts';
import type { ContainerSpec } from '../cluster/objects.ts';
import { createLog, type ContainerLog } from './log.ts';

/** Output that an attached client may be behind before it misses some: the container is not held up by it. */
const maximalLag = 4 << 20;

/** One run of a container's own command: its log, and the way to attach to it. */
export interface MainProcess {
  readonly log: ContainerLog;
  readonly exit: Promise<ExitStatus>;
  /** A client's view of it: output from now on, and its stdin where it has one. */
  attach(wants: { stdin: boolean; size: TerminalSize | null }): RemoteProcess;
}

/** Reads the output of a container's command into its log from now on. */
export function runMainProcess(remote: RemoteProcess, spec: ContainerSpec, log = createLog()): MainProcess {
  const clients = new Set<Client>();
  const watch = (stream: 'stdout' | 'stderr'): void => {
    remote[stream]?.on('data', (chunk: Buffer) => {
      log.append(stream, chunk);
      for (const client of clients) {
        const output = client[stream];
        if (output !== null && output.writableLength < maximalLag) output.write(chunk);
      }
    });
  };
  watch('stdout');
  watch('stderr');
  const exit = remote.exit.finally(() => {
    log.end();
    for (const { stdout, stderr } of clients) {
      stdout.end();
      stderr?.end();
    }
  });
  exit.catch(() => {});

  return {
    log,
    exit,
    attach({ stdin, size }) {
      const client: Client = { stdout: new PassThrough(), stderr: remote.stderr === null ? null : new PassThrough() };
      if (log.ended) client.stdout.end();
      if (log.ended) client.stderr?.end();
      clients.add(client);
      if (size !== null) remote.resize(size);
      return {
        ...client,
        stdin: stdin && remote.stdin !== null ? inputTo(remote.stdin, spec.stdinOnce === true) : null,
        started: remote.started,
        exit,
        can: remote.can,
        protocol: remote.protocol,
        resize: (next) => remote.resize(next),
        signal: (name) => remote.signal(name),
        disconnect: () => clients.delete(client),
      };
    },
  };
}

interface Client {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough | null;
}

/** The end of a client's input is the end of the container's only with stdinOnce. */
function inputTo(target: Writable, once: boolean): Writable {
  return new Writable({
    write: (chunk: Buffer, _, done) => {
      if (target.writable) target.write(chunk, () => done());
      else done();
    },
    final: (done) => {
      if (once) target.end();
      done();
    },
  });
}

/** What a container without a command runs, as the pause image does: it says nothing and does not end. */
export function pauseProcess(): RemoteProcess {
  return {
    stdin: null,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    started: Promise.resolve('confirmed'),
    exit: new Promise(() => {}),
    can: new Set(),
    protocol: 'local',
    resize: () => {},
    signal: () => Promise.resolve('unsupported'),
    disconnect: () => {},
  };
}
