import { readFileSync } from 'node:fs';

import { KxError } from '../errors/index.ts';
import type { ConnectionFlags } from './api-client.ts';
import type { Identity, IdentitySource, Surroundings } from './identity.ts';
import { pemOf, readPem, type Connection } from './connection.ts';
import { fieldsOf, listOf, pathOf, stringOf, type Entry } from './kubeconfig.ts';

/**
 * The identity that client-go would use: a token, a password or a certificate before an exec plugin, and an
 * auth-provider only where nothing else sets Authorization. A plain http server gets none.
 */
export async function createIdentitySource(
  connection: Connection,
  flags: ConnectionFlags,
  around: Surroundings,
): Promise<IdentitySource> {
  const { user } = connection;
  if (connection.server.url.protocol === 'http:') {
    return { current: () => Promise.resolve({}), renew: () => Promise.resolve(false) };
  }
  const pair = readCertificate(user, flags);
  const authorization = createAuthorization(user, flags);
  const exec = fieldsOf(user.fields, 'exec');
  const provider = fieldsOf(user.fields, 'auth-provider');
  if (authorization === undefined && exec !== undefined && provider !== undefined) {
    throw new KxError(
      'KX_CONFIG',
      `user "${user.name}" in ${user.file} has an exec plugin and an auth-provider: only one can be`,
    );
  }
  if (authorization === undefined && exec !== undefined && pair.certificate === undefined) {
    const { createExecSource } = await import('./exec-plugin.ts');
    return createExecSource(exec, connection, around);
  }
  if (authorization === undefined && provider !== undefined) {
    const { createProviderSource } = await import('./auth-provider.ts');
    return createProviderSource(provider, connection, pair, around);
  }
  return {
    current: () => Promise.resolve({ ...pair, authorization: authorization?.() }),
    renew: (refused) => Promise.resolve(authorization !== undefined && authorization() !== refused.authorization),
  };
}

/** The headers that ask the server to take this user for another. */
export function impersonationHeaders(user: Entry, flags: ConnectionFlags): Record<string, string | string[]> {
  const name = flags.as ?? stringOf(user.fields, 'as');
  const uid = flags.asUid ?? stringOf(user.fields, 'as-uid');
  const groups = flags.asGroup ?? listOf(user.fields, 'as-groups').map(String);
  const extra = Object.entries(fieldsOf(user.fields, 'as-user-extra') ?? {});
  if (name === undefined) {
    if (uid === undefined && groups.length === 0 && extra.length === 0) return {};
    throw new KxError('KX_CONFIG', 'a group, uid or extra field is impersonated without a user', {
      hint: 'give the user by --as',
    });
  }
  const headers: Record<string, string | string[]> = { 'Impersonate-User': name };
  if (groups.length > 0) headers['Impersonate-Group'] = [...groups];
  if (uid !== undefined) headers['Impersonate-Uid'] = uid;
  for (const [key, values] of extra) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = Array.isArray(values)
      ? values.map(String)
      : [String(values)];
  }
  return headers;
}

function readCertificate(user: Entry, flags: ConnectionFlags): Pick<Identity, 'certificate' | 'key'> {
  const certificate = flags.clientCertificate
    ? readPem(flags.clientCertificate, 'client certificate')
    : pemOf(user, 'client-certificate', 'client certificate');
  const key = flags.clientKey ? readPem(flags.clientKey, 'client key') : pemOf(user, 'client-key', 'client key');
  if ((certificate === undefined) !== (key === undefined)) {
    const [there, absent] = key === undefined ? ['certificate', 'key'] : ['key', 'certificate'];
    throw new KxError('KX_CONFIG', `user "${user.name}" has a client ${there} and no client ${absent}`);
  }
  return { certificate, key };
}

function createAuthorization(user: Entry, flags: ConnectionFlags): (() => string | undefined) | undefined {
  const token = flags.token ?? stringOf(user.fields, 'token');
  const file = flags.token === undefined ? pathOf(user, 'tokenFile') : undefined;
  const password = createPassword(user);
  if (token === undefined && file === undefined) return password === undefined ? undefined : () => password;
  if (password !== undefined && flags.token === undefined) {
    throw new KxError('KX_CONFIG', `user "${user.name}" in ${user.file} has a password and a token: only one can be`);
  }
  return () => `Bearer ${(file === undefined ? token : readToken(file, token)) ?? ''}`;
}

function createPassword(user: Entry): string | undefined {
  const name = stringOf(user.fields, 'username');
  const password = stringOf(user.fields, 'password');
  if (name === undefined && password === undefined) return undefined;
  return `Basic ${Buffer.from(`${name ?? ''}:${password ?? ''}`).toString('base64')}`;
}

/** The file wins over a token that stands beside it, for only the file is renewed. */
function readToken(file: string, otherwise: string | undefined): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    if (otherwise !== undefined) return otherwise;
    const { code } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_CONFIG', `cannot read the token file ${file}: ${code ?? 'unreadable'}`, { cause });
  }
}
