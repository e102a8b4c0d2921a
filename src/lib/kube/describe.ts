import { X509Certificate } from 'node:crypto';

import type { ConnectionFlags } from './api-client.ts';
import { findConnection } from './connect.ts';
import { pemOf, readPem } from './connection.ts';
import { fieldsOf, stringOf, type Entry } from './kubeconfig.ts';
import { proxyFromEnv } from './proxy-choice.ts';

/** What a client would be made of, without a secret. */
export interface ConnectionDescription {
  /** The kubeconfig files that were read; empty in a pod. */
  readonly files: readonly string[];
  readonly context: string | undefined;
  readonly namespace: string;
  readonly server: string;
  /** Without user and password. */
  readonly proxy: { readonly url: string; readonly from: 'proxy-url' | 'environment' } | undefined;
  readonly insecure: boolean;
  /** The user entry of the kubeconfig; '' where there is none. */
  readonly user: string;
  /** In words: what proves who is asking. */
  readonly credentials: string;
  /** Until when that is valid, where it can be read without asking anybody. */
  readonly expires: Date | undefined;
}

/** Says how `connect` would connect. Runs nothing and connects to nothing; rejects as `connect` does. */
export async function describeConnection(
  given: ConnectionFlags,
  env: NodeJS.ProcessEnv,
): Promise<ConnectionDescription> {
  const { connection, flags, files } = await findConnection(given, env);
  const { server, user, context, namespace } = connection;
  const proxy = server.proxy ?? proxyFromEnv(server.url, env);
  return {
    files,
    context,
    namespace,
    server: server.url.href.replace(/\/$/, ''),
    proxy: proxy && {
      url: `${proxy.protocol}//${proxy.host}`,
      from: server.proxy === undefined ? 'environment' : 'proxy-url',
    },
    insecure: server.insecure,
    user: user.name,
    ...describeCredentials(user, flags),
  };
}

/** In the order in which `createIdentitySource` takes them. */
function describeCredentials(
  user: Entry,
  flags: ConnectionFlags,
): Pick<ConnectionDescription, 'credentials' | 'expires'> {
  const token = flags.token ?? stringOf(user.fields, 'token');
  if (token !== undefined) return { credentials: 'a token', expires: expiryOfToken(token) };
  if (stringOf(user.fields, 'tokenFile') !== undefined) return { credentials: 'a token file', expires: undefined };
  if (stringOf(user.fields, 'username') !== undefined) return { credentials: 'a password', expires: undefined };
  const certificate = flags.clientCertificate
    ? readPem(flags.clientCertificate, 'client certificate')
    : pemOf(user, 'client-certificate', 'client certificate');
  if (certificate !== undefined) return { credentials: 'a client certificate', expires: expiryOf(certificate) };
  const exec = fieldsOf(user.fields, 'exec');
  if (exec !== undefined) {
    return { credentials: `the credential plugin ${stringOf(exec, 'command') ?? ''}`, expires: undefined };
  }
  const provider = fieldsOf(user.fields, 'auth-provider');
  if (provider !== undefined) {
    return { credentials: `the auth-provider ${stringOf(provider, 'name') ?? ''}`, expires: undefined };
  }
  return { credentials: 'nothing', expires: undefined };
}

function expiryOf(certificate: string): Date | undefined {
  try {
    return new Date(new X509Certificate(certificate).validTo);
  } catch {
    return undefined;
  }
}

/** RFC 7519: the claim `exp`, in seconds. Other tokens say nothing. */
function expiryOfToken(token: string): Date | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof claims.exp === 'number' ? new Date(claims.exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
