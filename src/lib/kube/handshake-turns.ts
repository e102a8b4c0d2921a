/** So many late handshakes are waited for. bun reads no more than these in one turn of its loop. */
const fewLate = 5;
/** A handshake is late after twice the time of the fastest one of its server, and this many milliseconds. */
const slackMs = 10;
/** How often those that wait look for a server that no longer answers, in milliseconds. */
const lookEveryMs = 50;

/** A handshake that is late for longer is that of a server that no longer answers, and is not waited for; milliseconds. */
export interface Patience {
  /** By others with the same server, which may only be slow. */
  readonly same: number;
  /** By those with another server. */
  readonly other: number;
}

/** The handshakes with one server. */
export interface ServerHandshakes {
  /**
   * Resolves when a handshake with this server may begin, with what is called once it has ended, and how. Rejects with
   * the reason of the signal.
   */
  begin(signal: AbortSignal | undefined): Promise<(succeeded: boolean) => void>;
}

interface Server {
  /** How long the fastest handshake took, in milliseconds. */
  fastest: number;
  /** When those that are under way began, the oldest first. */
  readonly underWay: Set<{ readonly began: number }>;
}

interface Waiting {
  readonly server: Server;
  readonly admit: () => void;
}

/**
 * Lets TLS handshakes begin so that each of them ends: while some are late, those that would begin wait for them.
 *
 * bun reads five sockets in their handshake in a turn of its loop, the newest first. Where handshakes begin as fast as they
 * end, in a fan-out for example, the oldest are never read. Source: us_internal_handle_low_priority_sockets of bun-usockets.
 */
export function handshakeTurns(patience: Patience = { same: 10_000, other: 1000 }): () => ServerHandshakes {
  const servers = new Set<Server>();
  const queue: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  const mayBegin = (asking: Server): boolean => {
    const now = performance.now();
    let late = 0;
    for (const server of servers) {
      const due = now - 2 * server.fastest - slackMs;
      const [oldest] = server.underWay;
      if (oldest !== undefined && oldest.began < due - patience[server === asking ? 'same' : 'other']) continue;
      for (const { began } of server.underWay) if (began < due) late++;
    }
    return late < fewLate;
  };

  // Two for one that ended: the first of a burst show how many the server and this process can do at a time.
  const admit = (): void => {
    for (let count = 0; count < 2; count++) {
      const asking = new Set(queue.map(({ server }) => server));
      const ready = new Set([...asking].filter(mayBegin));
      const next = queue.findIndex(({ server }) => ready.has(server));
      if (next >= 0) queue.splice(next, 1)[0]?.admit();
    }
    if (queue.length > 0) {
      timer ??= setInterval(admit, lookEveryMs);
    } else {
      clearInterval(timer);
      timer = undefined;
    }
  };

  const start = (server: Server) => {
    const one = { began: performance.now() };
    servers.add(server);
    server.underWay.add(one);
    return (succeeded: boolean): void => {
      server.underWay.delete(one);
      if (server.underWay.size === 0) servers.delete(server);
      if (succeeded) server.fastest = Math.min(server.fastest, performance.now() - one.began);
      admit();
    };
  };

  return () => {
    const server: Server = { fastest: Infinity, underWay: new Set() };
    return {
      begin: (signal) => {
        if (queue.length === 0 && mayBegin(server)) return Promise.resolve(start(server));
        return new Promise((resolve, reject) => {
          const leave = (): void => {
            queue.splice(queue.indexOf(waiting), 1);
            reject(signal?.reason as Error);
            admit();
          };
          const waiting: Waiting = {
            server,
            admit: () => {
              signal?.removeEventListener('abort', leave);
              resolve(start(server));
            },
          };
          queue.push(waiting);
          signal?.addEventListener('abort', leave, { once: true });
          if (signal?.aborted === true) leave();
          else admit();
        });
      },
    };
  };
}
