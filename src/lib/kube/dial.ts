import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext, type ConnectionOptions } from 'node:tls';

import { KxError } from '../errors/index.ts';
import { explainDialFailure } from './failures.ts';
import { handshakeTurns, type ServerHandshakes } from './handshake-turns.ts';
import type { Identity } from './identity.ts';
import { keepAliveMs, whenReady, type Way } from './way.ts';

/** A dial, a tunnel and a TLS handshake together may take this long, as long as client-go gives a dial. */
const dialTimeoutMs = 30_000;
const handshakesWithServer = handshakeTurns();

/**
 * An agent whose sockets go that way as that identity. A request reuses an idle socket, an upgrade takes it over, and
 * a new one resumes the TLS session. Its errors are KxErrors with `ran` 'no'. A request option `dialSignal` ends a dial.
 */
export function createAgent(way: Way, identity: Identity): Agent {
  const agent = new Agent({ keepAlive: true, keepAliveMsecs: keepAliveMs });
  const secure = way.url.protocol === 'https:' ? tlsOptions(way, identity) : undefined;
  const handshakes = handshakesWithServer();
  const createConnection = (
    options: { dialSignal?: AbortSignal },
    done: (error: Error | null, socket?: Socket) => void,
  ) => {
    dial(way, secure, handshakes, options.dialSignal).then(
      (socket) => done(null, socket),
      (error: unknown) => done(explainDialFailure(error, way)),
    );
  };
  return Object.assign(agent, { createConnection });
}

/** Dials, with TLS in its turn; the time begins with it. */
async function dial(
  way: Way,
  secure: ConnectionOptions | undefined,
  handshakes: ServerHandshakes,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const end = secure && (await handshakes.begin(signal));
  try {
    const within = AbortSignal.any([AbortSignal.timeout(dialTimeoutMs), ...(signal ? [signal] : [])]);
    const socket = await connectOnce(way, secure, within);
    end?.(true);
    return socket;
  } catch (error) {
    end?.(false);
    throw error;
  }
}

async function connectOnce(way: Way, secure: ConnectionOptions | undefined, ends: AbortSignal): Promise<Socket> {
  const host = way.url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(way.url.port) || (secure === undefined ? 80 : 443);
  const tunnel = way.proxy && (await openTunnel(way, way.proxy, host, port, ends));
  const socket =
    secure === undefined
      ? (tunnel ?? connectTcp({ host, port }))
      : connectTls({ ...secure, host, port, ...(tunnel && { socket: tunnel }) }).on('session', (session) => {
          secure.session = session;
        });
  if (secure !== undefined || tunnel === undefined) await whenReady(socket, secure ? 'secureConnect' : 'connect', ends);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveMs);
  return socket;
}

async function openTunnel(way: Way, proxy: URL, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const { openProxyTunnel } = await import('./proxy-tunnel.ts');
  return openProxyTunnel({ proxy, host, port, ca: way.ca ?? trustedRoots(way.env), insecure: way.insecure, signal });
}

function tlsOptions(way: Way, identity: Identity): ConnectionOptions {
  const name = way.serverName ?? way.url.hostname.replace(/^\[|\]$/g, '');
  const options: ConnectionOptions = {
    secureContext: secureContext(way, identity),
    rejectUnauthorized: !way.insecure,
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ALPNProtocols: ['http/1.1'],
  };
  return options;
}

function secureContext(way: Way, identity: Identity) {
  try {
    return createSecureContext({
      ca: way.ca ?? trustedRoots(way.env),
      cert: identity.certificate,
      key: identity.key,
    });
  } catch (cause) {
    const what =
      identity.certificate === undefined
        ? 'certificate authority'
        : 'client certificate, its key or the certificate authority';
    throw new KxError('KX_CONFIG', `the ${what} cannot be used: ${(cause as Error).message}`, {
      cause,
      hint: 'they must be PEM without a passphrase, and the key must belong to the certificate',
    });
  }
}

/** Where Linux distributions keep the authorities that a machine trusts. Source: Go's crypto/x509/root_linux.go. */
const systemRootFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** What the machine trusts, where the kubeconfig names no authority; undefined: what the runtime brings. */
function trustedRoots(env: NodeJS.ProcessEnv): string | undefined {
  const named = env['SSL_CERT_FILE'];
  const file = named || systemRootFiles.find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KxError('KX_CONFIG', `cannot read the certificate authorities in ${file}`, { cause });
  }
}
