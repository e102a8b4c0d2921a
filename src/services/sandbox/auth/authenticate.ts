import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { forbidden, unauthorized } from '../api/status.ts';
import { isAllowed } from './authorize.ts';
import { anonymous, findByToken, identityOf, type Identity, type SandboxUser } from './users.ts';

/**
 * Who is asking: a client certificate of the sandbox's CA, a bearer token, else nobody in particular; or whom they
 * impersonate. Throws an ApiError for a token that nobody has and for an impersonation that is not allowed.
 */
export function authenticate(request: IncomingMessage, users: readonly SandboxUser[]): Identity {
  const caller = findCaller(request, users);
  const name = request.headers['impersonate-user'];
  const groups = listOf(request, 'impersonate-group');
  const uid = request.headers['impersonate-uid'];
  if (name === undefined && groups.length === 0 && uid === undefined) return caller;
  if (typeof name !== 'string') throw unauthorized();

  const need = (resource: string, group: string, value: string): void => {
    const wanted = { verb: 'impersonate', group, resource, namespace: undefined, name: value };
    if (!isAllowed(caller, users, wanted)) throw forbidden(caller, wanted);
  };
  need('users', '', name);
  for (const group of groups) need('groups', '', group);
  if (typeof uid === 'string') need('uids', 'authentication.k8s.io', uid);
  return { name, uid: typeof uid === 'string' ? uid : '', groups: [...new Set([...groups, 'system:authenticated'])] };
}

function findCaller(request: IncomingMessage, users: readonly SandboxUser[]): Identity {
  const socket = request.socket as TLSSocket;
  if (socket.authorized) {
    const { CN = '', O = [] } = socket.getPeerCertificate().subject as unknown as {
      CN?: string;
      O?: string | string[];
    };
    return { name: CN, uid: '', groups: [...[O].flat(), 'system:authenticated'] };
  }
  const { authorization } = request.headers;
  if (authorization === undefined) return anonymous;
  const [, token] = /^Bearer\s+(\S+)$/i.exec(authorization) ?? [];
  const user = token === undefined ? undefined : findByToken(users, token);
  if (user === undefined) throw unauthorized();
  return identityOf(user);
}

/** All values of a header that may be repeated. */
function listOf(request: IncomingMessage, header: string): string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === header);
}
