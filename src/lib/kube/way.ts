import type { Socket } from 'node:net';

/** The way to a server: what every connection to it has in common. */
export interface Way {
  readonly url: URL;
  readonly proxy: URL | undefined;
  /** PEM; undefined: the roots of the system, or SSL_CERT_FILE as in Go. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
  /** What to verify the certificate against instead of the host of `url`. */
  readonly serverName: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** TCP keep-alive begins after this time without traffic, as in client-go's dialer. */
export const keepAliveMs = 30_000;

/** Resolves at `event`; destroys the socket and rejects with its error, or with the reason of the signal. */
export function whenReady(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      socket.off(event, ready).off('error', settle).off('close', closed);
      signal.removeEventListener('abort', aborted);
      if (error === undefined) {
        resolve();
        return;
      }
      socket.on('error', () => {}).destroy();
      reject(error);
    };
    const ready = () => settle();
    const closed = () => settle(Object.assign(new Error('connection closed'), { code: 'ECONNRESET' }));
    const aborted = () => settle(signal.reason as Error);
    socket.on(event, ready).on('error', settle).on('close', closed);
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
  });
}
