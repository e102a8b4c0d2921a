import type { RemoteProcess } from './remote-process.ts';

/** The same process with some of it replaced: how a layer around a transport adds to what is below it. */
export function deriveProcess(remote: RemoteProcess, changes: Partial<RemoteProcess>): RemoteProcess {
  return {
    stdin: remote.stdin,
    stdout: remote.stdout,
    stderr: remote.stderr,
    started: remote.started,
    exit: remote.exit,
    can: remote.can,
    protocol: remote.protocol,
    resize: (size) => remote.resize(size),
    signal: (name) => remote.signal(name),
    disconnect: (reason) => remote.disconnect(reason),
    ...changes,
  };
}
