import type { RemoteProcess, TerminalSize } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import type { Entry } from './entry.ts';
import type { Place } from './place.ts';

/** What to run with privilege. At least one word in `command`. */
export interface PrivilegedRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: TerminalSize | null;
  readonly entry: Entry;
  /** As in ExecRequest. */
  readonly halfClose?: false | undefined;
  /** The command has a wrapper of its own (ADR 5): there is none around the entry, and so no `signal` and no framed stdin. */
  readonly bare?: true;
}

/** A way to run commands with privilege on one node. Ways behave alike: what differs is only what stands on the node. */
export interface PrivilegedAccess {
  /** Where the process stands that the commands are started by. */
  readonly target: Target;
  /**
   * Starts a command in the namespaces of a place of this node; resolves when it is in them. Rejects with KX_ENTER,
   * KX_TARGET_CHANGED, KX_COMMAND_NOT_EXECUTABLE (no such directory), or as `Transport.exec` does.
   */
  exec(place: Place, request: PrivilegedRequest, signal: AbortSignal): Promise<RemoteProcess>;
  /** Leaves nothing behind, also of commands that still run. Never rejects. */
  close(): Promise<void>;
}
