import { KxError } from '../errors/index.ts';
import { collect, type Collected } from '../process/index.ts';
import { wrappedTransport } from '../transport/index.ts';
import type { RemoteEnd } from './remote-end.ts';

/** Puts the path of the first argument (encodeWord) into kx_p, so that no command takes it for an option. */
export const rootScript = 'kx_p=$(printf %b. "$1"); kx_p=${kx_p%.}; case $kx_p in /*) ;; *) kx_p=./$kx_p;; esac;';

/** Runs a line of POSIX shell in the container and gives what it said; again when the connection is lost, so it must only read. */
export async function runScript(end: RemoteEnd, script: string, args: readonly string[]): Promise<Collected> {
  for (;;) {
    try {
      const request = { command: ['sh', '-c', script, 'kx-cp', ...args], stdin: false, tty: null };
      const done = await collect(await wrappedTransport(end.transport).exec(end.target, request, end.signal));
      end.retry.progressed();
      return done;
    } catch (error) {
      await end.retry.again(error);
    }
  }
}

/** What a program said last on stderr, for a message. */
export function lastWords({ stderr }: Collected): string {
  return stderr.toString('latin1').trim().split('\n').at(-1) ?? '';
}

/** The error of a script that failed for a reason that its own words tell. */
export function scriptFailed(what: string, done: Collected): KxError {
  const words = lastWords(done);
  return new KxError('KX_COPY_SOURCE', `${what}: ${words === '' ? `exit code ${done.status.code}` : words}`, {
    ran: 'yes',
  });
}
