import { KxError, type Ran } from '../errors/index.ts';
import type { Way } from './way.ts';

/** What a system or TLS error code means to a person: the end of the message, and what to do. */
interface Meaning {
  readonly pattern: RegExp;
  readonly says: string;
  readonly hint?: string;
}

// By code, never by text: bun's BoringSSL words everything differently from Node's OpenSSL.
const meanings: readonly Meaning[] = [
  {
    pattern: /^ECONNREFUSED$/,
    says: 'connection refused',
    hint: 'nothing listens there: check the server address, and whether the cluster (or its tunnel) is running',
  },
  {
    pattern: /^ENOTFOUND$/,
    says: 'unknown host',
    hint: 'check the server address, the DNS and whether a VPN is needed',
  },
  { pattern: /^EAI_/, says: 'the host name cannot be looked up', hint: 'check the DNS and the network connection' },
  {
    pattern: /^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/,
    says: 'no route to it',
    hint: 'check the network connection and whether a VPN is needed',
  },
  {
    pattern: /^(ETIMEDOUT|TimeoutError)$/,
    says: 'no answer in time',
    hint: 'a firewall may drop the packets: check the server address, VPN and proxy',
  },
  { pattern: /^(ECONNRESET|EPIPE|ECONNABORTED)$/, says: 'the connection was cut before an answer' },
  {
    pattern: /^CERT_HAS_EXPIRED$/,
    says: 'the certificate of the server has expired',
    hint: 'renew the certificate of the server; the clock of this machine may be wrong too',
  },
  {
    pattern: /^CERT_NOT_YET_VALID$/,
    says: 'the certificate of the server is not valid yet',
    hint: 'check the clock of this machine',
  },
  {
    pattern:
      /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/,
    says: 'the certificate of the server is signed by an unknown authority',
    hint: 'the certificate-authority of the cluster does not fit this server: give the right one by --certificate-authority, the kubeconfig or SSL_CERT_FILE',
  },
  {
    pattern: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    says: 'the certificate of the server is for another name',
    hint: 'use a name of the certificate in the server address, or give it by --tls-server-name',
  },
  {
    pattern: /^ERR_SSL_.*ALERT_(CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED)$/,
    says: 'the server refuses the client certificate: it has expired or is revoked',
    hint: 'get new credentials for this user',
  },
  {
    pattern: /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED|DECRYPT_ERROR)/,
    says: 'the server refuses the client certificate, or asks for one',
    hint: 'check the client certificate of this user, and that it belongs to this cluster',
  },
  {
    pattern: /^(ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)|EPROTO)$/,
    says: 'the server does not speak TLS',
    hint: 'is it a plain http server? then the address begins with http://',
  },
];

/** Any error of a dial, a proxy or a handshake as KX_UNREACHABLE (`ran` 'no'); a KxError passes unchanged. */
export function explainDialFailure(thrown: unknown, way: Pick<Way, 'url'>, to = 'server'): KxError {
  if (thrown instanceof KxError) return thrown;
  const { code, name, message } = thrown as NodeJS.ErrnoException;
  const known = meanings.find(({ pattern }) => pattern.test(code ?? '') || pattern.test(name));
  const says = known?.says ?? message;
  return new KxError('KX_UNREACHABLE', `cannot reach the ${to} ${way.url.host}: ${says}`, {
    hint: known?.hint,
    details: code === undefined ? {} : { reason: code },
    cause: thrown,
  });
}

/** Whether an error of a socket in use was made by TLS, so that no request can have been acted on. */
export function isTlsAlert(error: unknown): boolean {
  return ((error as NodeJS.ErrnoException).code ?? '').startsWith('ERR_SSL_');
}

/** The error that an aborted signal stands for. */
export function toCancellation(signal: AbortSignal | undefined, ran: Ran = 'no'): KxError {
  const reason: unknown = signal?.reason;
  return reason instanceof KxError ? reason : new KxError('KX_CANCELED', 'canceled', { ran, cause: reason });
}
