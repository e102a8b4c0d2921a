import type { ExecRequest, RemoteProcess } from '../process/index.ts';

/** What starts a process on a node. Only servers use one. */
export interface Runtime<Container> {
  /** Starts a command in a container. Rejects with KX_COMMAND_NOT_FOUND or KX_COMMAND_NOT_EXECUTABLE when it cannot start. */
  exec(container: Container, request: ExecRequest): Promise<RemoteProcess>;
}
