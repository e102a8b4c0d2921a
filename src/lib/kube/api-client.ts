import type { Duplex } from 'node:stream';

import type { spdy } from './handshake.ts';

export interface RequestOptions {
  readonly query?: URLSearchParams | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UpgradeOptions extends RequestOptions {
  /** Instead of a WebSocket: by a POST, which starts nothing before the streams are opened. */
  readonly protocol?: typeof spdy;
}

/** A connection that answered 101: what follows on the socket is frames. */
export interface UpgradedConnection {
  readonly socket: Duplex;
  /** Bytes that arrived behind the response head. */
  readonly head: Buffer;
  /** What the server chose of the offer; undefined when it chose none. */
  readonly subprotocol: string | undefined;
}

/**
 * One API server as one user. Every path keeps the path prefix of the server's URL, goes through the proxy that is
 * configured, and carries the user's credentials; a 401 refreshes them once.
 *
 * Every method rejects with a KxError whose `ran` is 'no' for anything that was refused before a response head: a
 * refused request shows the server's own Status message, and `details` has its `status` (HTTP code), `reason`.
 */
export interface ApiClient {
  /** The URL of the kubeconfig with its path prefix, without a trailing slash. */
  readonly server: string;
  /** The name of the context, for messages; undefined when there is none (in-cluster, --server). */
  readonly context: string | undefined;
  /** The namespace that applies when a reference names none. */
  readonly namespace: string;
  get<T>(path: string, options?: RequestOptions): Promise<T>;
  post<T>(path: string, body: unknown, options?: RequestOptions): Promise<T>;
  /** A strategic merge patch: an item of a list that has a key is added, or merged into the one of the same key. */
  patch<T>(path: string, body: unknown, options?: RequestOptions): Promise<T>;
  /** `body` is DeleteOptions. */
  delete<T>(path: string, body: unknown, options?: RequestOptions): Promise<T>;
  /** A GET whose body is read as it comes: watches and logs. No time limit. */
  stream(path: string, options?: RequestOptions): Promise<NodeJS.ReadableStream>;
  /** A request that becomes a WebSocket or SPDY, offering the subprotocols in this order. */
  upgrade(path: string, protocols: readonly string[], options?: UpgradeOptions): Promise<UpgradedConnection>;
  /**
   * True when a new connection on the same way (proxy, TLS) gets any HTTP answer within `timeoutMs`: tells a dead way
   * from a peer that is merely not reading.
   */
  probe(timeoutMs: number): Promise<boolean>;
}

/** The global kubectl flags that concern a connection. Absent means: as the kubeconfig says. */
export interface ConnectionFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroup?: readonly string[] | undefined;
  readonly asUid?: string | undefined;
  readonly token?: string | undefined;
  readonly server?: string | undefined;
  readonly tlsServerName?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Milliseconds for one non-streaming request; 0 or absent: no limit, as kubectl. */
  readonly requestTimeout?: number | undefined;
}
