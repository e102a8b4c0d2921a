import type { ConnectionFlags } from '../../lib/kube/index.ts';
import type { Moment, OutputStream } from '../../lib/logs/index.ts';
import type { ColorChoice, OutputChoice, TimestampChoice } from '../../lib/render/index.ts';
import type { ContainerState } from '../../lib/target/index.ts';

/** What the words of `kubectl kx logs` mean. Durations are milliseconds. */
export interface LogsOptions {
  readonly which: WhichLogs;
  readonly part: LogPart;
  readonly look: Look;
  readonly follow: boolean;
  /** Followed lines are put in order within a small window. */
  readonly merge: boolean;
  readonly ignoreErrors: boolean;
  readonly maxLogRequests: number;
  readonly podRunningTimeout: number;
  readonly insecureSkipTLSVerifyBackend: boolean;
  readonly quiet: boolean;
  readonly connection: ConnectionFlags;
}

/** Whose logs. */
export interface WhichLogs {
  /** POD, TYPE/NAME or /REGEX/; undefined: what is selected. */
  readonly reference: string | undefined;
  readonly allPods: boolean;
  /** Empty: that of the context. */
  readonly namespaces: readonly string[] | 'all';
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly node: string | undefined;
  readonly excludePods: readonly string[];
  /** A name or /REGEX/. */
  readonly container: string | undefined;
  readonly allContainers: boolean;
  readonly excludeContainers: readonly string[];
  readonly initContainers: boolean;
  readonly ephemeralContainers: boolean;
  /** Empty: every state. */
  readonly states: readonly ContainerState[];
}

/** Which part of each log. */
export interface LogPart {
  readonly previous: boolean;
  readonly tail: number | undefined;
  readonly head: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceSeconds: number | undefined;
  /** RFC 3339 in whole seconds. */
  readonly sinceTime: string | undefined;
  readonly until: Moment | undefined;
  readonly stream: OutputStream | undefined;
}

/** What lines look like. */
export interface Look {
  /** Undefined: as the other flags ask for. */
  readonly output: OutputChoice | undefined;
  readonly prefix: boolean;
  readonly template: string | undefined;
  readonly timestamps: TimestampChoice | undefined;
  readonly timezone: string | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly highlight: readonly string[];
  readonly pretty: boolean;
  readonly color: ColorChoice;
}
