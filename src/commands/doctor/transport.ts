import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { collect } from '../../lib/process/index.ts';
import { spdy, v4, v5 } from '../../lib/remotecommand/index.ts';
import { pathOf, type Target } from '../../lib/target/index.ts';
import {
  execUntilAborted,
  runToEnd,
  wrappedTransport,
  type TargetingTransport,
  type Transport,
} from '../../lib/transport/index.ts';
import { failed, limited, type Check } from './check.ts';

const notStarted = new Set(['KX_COMMAND_NOT_FOUND', 'KX_COMMAND_NOT_EXECUTABLE']);

/** What came of a way to a container. */
export interface TransportResult {
  readonly checks: readonly Check[];
  /** A container answered, whether or not it has what was run. */
  readonly works: boolean;
  readonly hasShell: boolean;
}

/** Runs a command that does nothing, and says by which subprotocols one can be run. */
export async function checkTransport(
  api: ApiClient,
  transport: TargetingTransport,
  target: Target,
  signal: AbortSignal,
): Promise<TransportResult> {
  const id = `transport.${transport.name}`;
  const begin = performance.now();
  try {
    const { status } = await runToEnd(transport, target, ['sh', '-c', 'exit 0'], limited(signal, 30_000));
    if (status.code !== 0) throw new KxError('KX_REMOTE', `sh -c 'exit 0' ended with ${status.code} in the container`);
  } catch (error) {
    if (!(error instanceof KxError) || !notStarted.has(error.code)) {
      const isTarget = error instanceof KxError && error.code.startsWith('KX_TARGET_');
      return { checks: [failed(isTarget ? 'target' : id, nameRefuser(error))], works: false, hasShell: false };
    }
    const message = 'the container is reached; it has no sh to say more';
    const subprotocols = await subprotocolsOf(api, transport.chosen(target), signal);
    return {
      checks: [{ id, status: 'ok', message, details: { execMs: null, subprotocols } }],
      works: true,
      hasShell: false,
    };
  }
  const execMs = Math.round(performance.now() - begin);
  const subprotocols = await subprotocolsOf(api, transport.chosen(target), signal);
  const message = `a command takes ${execMs} ms; ${subprotocols.join(', ')}`;
  return { checks: [{ id, status: 'ok', message, details: { execMs, subprotocols } }], works: true, hasShell: true };
}

/** The subprotocols by which the server takes a command for this container. Over SPDY nothing runs for that. */
async function subprotocolsOf(api: ApiClient, target: Target, signal: AbortSignal): Promise<readonly string[]> {
  const taken = await Promise.all(
    ([v4, v5, spdy] as const).map(async (name) => {
      const offered = name === spdy ? v4 : name;
      const options = { query: queryOf(target, 'true'), signal: limited(signal, 30_000) };
      const upgrade = api.upgrade(
        execPath(target),
        [offered],
        name === spdy ? { ...options, protocol: spdy } : options,
      );
      const connection = await upgrade.catch(() => undefined);
      connection?.socket.on('error', () => {}).destroy();
      return connection?.subprotocol === offered ? [name] : [];
    }),
  );
  return taken.flat();
}

function execPath(target: Target): string {
  return `${pathOf('pod', target.namespace, target.pod)}/exec`;
}

function queryOf(target: Target, command: string): URLSearchParams {
  const query = new URLSearchParams({ command, stdin: 'true', stdout: 'true' });
  if (target.container !== undefined) query.set('container', target.container);
  return query;
}

const [downBytes, upBytes] = [16 << 20, 4 << 20];

/** Bytes per second of a short stream in each direction, each with an end that is proven. */
export async function checkThroughput(transport: Transport, target: Target, signal: AbortSignal): Promise<Check> {
  const id = 'throughput';
  try {
    const down = await timeDown(transport, target, limited(signal, 60_000));
    const up = await timeUp(transport, target, limited(signal, 60_000));
    const message = `${megabytes(down)} down, ${megabytes(up)} up`;
    return {
      id,
      status: 'ok',
      message,
      details: { downBytesPerSecond: Math.round(down), upBytesPerSecond: Math.round(up) },
    };
  } catch (error) {
    if (!(error instanceof KxError) || (error.code !== 'KX_SHELL_MISSING' && !notStarted.has(error.code)))
      return failed(id, error);
    return { id, status: 'skipped', message: `not measured: ${error.message}` };
  }
}

/** What forbids without a Status of Kubernetes stands between here and the API server. */
function nameRefuser(error: unknown): unknown {
  if (!(error instanceof KxError) || error.code !== 'KX_FORBIDDEN' || error.details['reason'] !== undefined)
    return error;
  return new KxError(error.code, `something on the way to the server refuses exec: ${error.message}`, {
    cause: error,
    hint: 'kubectl proxy does, unless --reject-paths says otherwise; go round it, or ask who keeps it',
  });
}

async function timeDown(transport: Transport, target: Target, signal: AbortSignal): Promise<number> {
  const command = ['dd', 'if=/dev/zero', 'bs=65536', `count=${downBytes >> 16}`];
  const begin = performance.now();
  const { stdout } = await runToEnd(transport, target, command, signal);
  return rate(stdout.length, downBytes, begin);
}

async function timeUp(transport: Transport, target: Target, signal: AbortSignal): Promise<number> {
  const request = { command: ['sh', '-c', 'wc -c'], stdin: true, tty: null };
  const remote = await execUntilAborted(wrappedTransport(transport), target, request, signal);
  const begin = performance.now();
  remote.stdin?.on('error', () => {});
  remote.stdin?.end(Buffer.alloc(upBytes));
  const { stdout } = await collect(remote);
  return rate(Number(stdout.toString()), upBytes, begin);
}

function rate(bytes: number, wanted: number, begin: number): number {
  if (bytes === wanted) return (bytes * 1000) / (performance.now() - begin);
  throw new KxError('KX_CONNECTION_LOST', `${bytes} of ${wanted} bytes of a test stream arrived`);
}

function megabytes(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e6).toPrecision(3)} MB/s`;
}

/** Without a measurement: what keeps silent sessions open. */
export const idleNotMeasured: Check = {
  id: 'idle',
  status: 'skipped',
  message: 'not measured: --idle DURATION does, with a POD; kx sends a ping after 5 s of silence',
};

/** Holds a session for that long without a byte in either direction, also without the pings of kx. */
export async function checkIdle(
  api: ApiClient,
  target: Target,
  milliseconds: number,
  signal: AbortSignal,
): Promise<Check> {
  const id = 'idle';
  try {
    const options = { query: queryOf(target, 'cat'), signal: limited(signal, 30_000) };
    const { socket } = await api.upgrade(execPath(target), [v4], options);
    const begin = performance.now();
    socket.on('error', () => {}).resume();
    const closed = await new Promise<boolean>((settle) => {
      const timer = setTimeout(() => settle(false), milliseconds);
      const end = (): void => {
        clearTimeout(timer);
        settle(true);
      };
      socket.on('close', end).on('end', end);
      signal.addEventListener('abort', end);
    });
    const seconds = Math.round((performance.now() - begin) / 1000);
    socket.destroy();
    signal.throwIfAborted();
    const details = { seconds, closed };
    if (!closed) return { id, status: 'ok', message: `a session was silent for ${seconds} s and stayed open`, details };
    const hint =
      'the pings of kx keep its own sessions open; a program that is silent for longer through kubectl is cut';
    return { id, status: 'warning', message: `a session that was silent was closed after ${seconds} s`, hint, details };
  } catch (error) {
    return failed(id, error);
  }
}
