import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, rootCertificates } from 'node:tls';

import { KxError } from '../errors/index.ts';
import { explainDialFailure } from './failures.ts';
import { keepAliveMs, whenReady } from './way.ts';

/** A connection to `host:port` that is asked of a proxy. */
export interface TunnelRequest {
  readonly proxy: URL;
  readonly host: string;
  readonly port: number;
  /** PEM that is trusted for an https proxy beside the roots of the system, as client-go does. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
}

/** Opens a tunnel through an http, https or socks5 proxy. Rejects with KX_UNREACHABLE, which never shows its password. */
export async function openProxyTunnel(request: TunnelRequest): Promise<Socket> {
  const { proxy, signal } = request;
  let socket: Socket | undefined;
  try {
    socket = await dialProxy(request);
    const read = createReader(socket, signal);
    await (proxy.protocol.startsWith('socks5') ? greetSocks : sendConnect)(request, socket, read);
    return socket;
  } catch (error) {
    socket?.destroy();
    throw explainDialFailure(error, { url: proxy }, 'proxy');
  }
}

async function dialProxy({ proxy, ca, insecure, signal }: TunnelRequest): Promise<Socket> {
  const host = bare(proxy.hostname);
  const isTls = proxy.protocol === 'https:';
  const port = Number(proxy.port) || (isTls ? 443 : proxy.protocol === 'http:' ? 80 : 1080);
  const socket = isTls
    ? connectTls({
        host,
        port,
        servername: isIP(host) === 0 ? host : '',
        checkServerIdentity: (_host, certificate) => checkServerIdentity(host, certificate),
        rejectUnauthorized: !insecure,
        ALPNProtocols: ['http/1.1'],
        ...(ca && { ca: [...rootCertificates, ca] }),
      })
    : connectTcp({ host, port });
  await whenReady(socket, isTls ? 'secureConnect' : 'connect', signal);
  return socket.setNoDelay(true).setKeepAlive(true, keepAliveMs);
}

async function sendConnect({ proxy, host, port }: TunnelRequest, socket: Socket, read: Reader): Promise<void> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const { user, password } = credentialsOf(proxy);
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const authorization = user === '' && password === '' ? '' : `Proxy-Authorization: Basic ${basic}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: kubectl-kx\r\n${authorization}\r\n`);
  const head = (await read.until('\r\n\r\n')).toString('latin1');
  const found = /^HTTP\/1\.[01] (\d{3}) ?(.*)/.exec(head);
  if (found === null) throw refused(proxy, 'does not speak HTTP');
  if (found[1]?.startsWith('2') === true) return;
  const hint =
    found[1] === '407' ? 'put the user and password into the URL of the proxy: http://USER:PASSWORD@HOST' : undefined;
  throw refused(proxy, `refuses a tunnel to ${authority}: ${`${found[1] ?? ''} ${found[2] ?? ''}`.trim()}`, hint);
}

/** RFC 1928 and, for a user in the URL, RFC 1929. The proxy looks the name up. */
async function greetSocks({ proxy, host, port }: TunnelRequest, socket: Socket, read: Reader): Promise<void> {
  const { user, password } = credentialsOf(proxy);
  const withUser = user !== '' || password !== '';
  socket.write(Buffer.from(withUser ? [5, 2, 0, 2] : [5, 1, 0]));
  const [version, method] = await read.bytes(2);
  if (version !== 5) throw refused(proxy, 'does not speak SOCKS5');
  if (method === 2 && withUser) {
    socket.write(Buffer.concat([Buffer.of(1), lengthPrefixed(user), lengthPrefixed(password)]));
    if ((await read.bytes(2))[1] !== 0) throw refused(proxy, 'refuses its user or password');
  } else if (method !== 0) {
    throw refused(
      proxy,
      'asks for a user',
      'put the user and password into the URL of the proxy: socks5://USER:PASSWORD@HOST',
    );
  }
  socket.write(Buffer.concat([Buffer.of(5, 1, 0), socksAddress(host), Buffer.of(port >> 8, port & 0xff)]));
  const [, reply = 1, , kind] = await read.bytes(4);
  if (reply !== 0) throw refused(proxy, `cannot connect to ${host}:${port} (SOCKS5 reply ${reply})`);
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await read.bytes(1))[0] ?? 0);
  await read.bytes(length + 2);
}

function socksAddress(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
  return Buffer.concat([Buffer.of(3), lengthPrefixed(host)]);
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

interface Reader {
  bytes(count: number): Promise<Buffer>;
  until(mark: string): Promise<Buffer>;
}

/** Reads what a proxy answers. Nothing of the tunnel can be among it: a server waits for its client to speak. */
function createReader(socket: Socket, signal: AbortSignal): Reader {
  let buffer = Buffer.alloc(0);
  const take = (count: number) => {
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };
  const more = async () => {
    for (;;) {
      const chunk = socket.read() as Buffer | null;
      if (chunk !== null) return void (buffer = Buffer.concat([buffer, chunk]));
      if (socket.readableEnded || socket.destroyed) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
      await whenReadable(socket, signal);
    }
  };
  return {
    async bytes(count) {
      while (buffer.length < count) await more();
      return take(count);
    },
    async until(mark) {
      for (;;) {
        const at = buffer.indexOf(mark);
        if (at >= 0) return take(at + mark.length);
        if (buffer.length > 64 * 1024) throw Object.assign(new Error('endless answer'), { code: 'ECONNRESET' });
        await more();
      }
    },
  };
}

function whenReadable(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      socket.off('readable', ready).off('end', ready).off('close', ready).off('error', settle);
      signal.removeEventListener('abort', aborted);
      if (error === undefined) resolve();
      else reject(error);
    };
    const ready = () => settle();
    const aborted = () => settle(signal.reason as Error);
    socket.on('readable', ready).on('end', ready).on('close', ready).on('error', settle);
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();
  });
}

function credentialsOf(proxy: URL): { user: string; password: string } {
  return { user: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password) };
}

function refused(proxy: URL, what: string, hint?: string): KxError {
  return new KxError('KX_UNREACHABLE', `the proxy ${proxy.host} ${what}`, { hint });
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
