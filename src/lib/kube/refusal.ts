import type { IncomingMessage } from 'node:http';

import { KxError, type KxCode } from '../errors/index.ts';
import { isUpgrade, type Call } from './exchange.ts';

/** What kx reads of a metav1.Status. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
}

/** The error of an answer that is not what was asked for. It shows the words of the server; nothing has run. */
export function explainRefusal(call: Call, response: IncomingMessage, body: string): KxError {
  const status = response.statusCode ?? 0;
  const said = parseStatus(body, response.headers['content-type'] ?? '');
  const message = said.message ?? defaultMessage(call, response);
  return new KxError(codeOf(status, isUpgrade(call)), describe(status, message), {
    ran: 'no',
    hint: hintOf(status, message, call, response),
    details: {
      status: String(status),
      ...(said.reason === undefined ? {} : { reason: said.reason }),
      ...(isUpgrade(call) ? { upgradeRefused: 'true' } : {}),
    },
  });
}

function parseStatus(body: string, contentType: string): Status {
  try {
    const value = JSON.parse(body) as { message?: unknown; reason?: unknown } | null;
    const message = typeof value?.message === 'string' && value.message !== '' ? oneLine(value.message) : undefined;
    const reason = typeof value?.reason === 'string' && value.reason !== '' ? value.reason : undefined;
    return { ...(message && { message }), ...(reason && { reason }) };
  } catch {
    const text = oneLine(body);
    return text === '' || contentType.includes('html') || text.startsWith('<') ? {} : { message: text };
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

function defaultMessage({ method, url, path }: Call, response: IncomingMessage): string {
  const { statusCode = 0, statusMessage = '', headers } = response;
  const where = `${method} ${url.origin}${path.replace(/\?.*/s, '')}`;
  const to = headers.location === undefined ? '' : ` (redirect to ${headers.location.replace(/\?.*/s, '')})`;
  return `${where} was answered with ${`${statusCode} ${statusMessage}`.trimEnd()}${to}`;
}

function codeOf(status: number, upgrading: boolean): KxCode {
  if (status === 401) return 'KX_UNAUTHENTICATED';
  if (status === 403) return 'KX_FORBIDDEN';
  if (status === 404) return 'KX_TARGET_NOT_FOUND';
  if (status === 407 || status === 502 || status === 503 || status === 504) return 'KX_UNREACHABLE';
  if (upgrading && (status < 400 || status === 405 || status === 426)) return 'KX_TRANSPORT_UNAVAILABLE';
  return 'KX_REMOTE';
}

function describe(status: number, message: string): string {
  if (status === 401) return `the server does not accept the credentials: ${message}`;
  return message.replace(/:$/, '');
}

function hintOf(status: number, message: string, call: Call, response: IncomingMessage): string | undefined {
  if (status === 401) return 'log in again, or check the user of this context: its credentials may have expired';
  if (status === 403) return forbiddenHint(message, call);
  if (status === 429) return 'the server has too much to do: try again later';
  if (status === 400 && /HTTP request to an HTTPS server/i.test(message))
    return 'the server address should begin with https://';
  if (status === 502 || status === 503 || status === 504)
    return 'the server, or what it needs, is not up: try again later';
  if (status >= 300 && status < 400)
    return 'a proxy on the way may want a login, or the server address is not that of an API';
  if (isUpgrade(call) && (status < 300 || status === 426)) {
    const seen = response.headersDistinct['via']?.[0] ?? response.headersDistinct['server']?.[0];
    return `something on the way takes the WebSocket upgrade away${seen === undefined ? '' : ` (it calls itself "${seen}")`}: use a way to the server that lets WebSockets pass`;
  }
  return undefined;
}

/** The words of RBAC: https://github.com/kubernetes/apiserver/blob/v0.34.0/pkg/endpoints/handlers/responsewriters/errors.go */
const denial =
  /User "([^"]*)" cannot (\S+) (?:resource "([^"]*)" in API group "([^"]*)"|path "([^"]*)")(?: (?:in the namespace "([^"]*)"|at the cluster scope))?/;

/** Streams whose WebSocket needs `get` and, since Kubernetes 1.35, `create`. */
const streamResource = /^(pods\/(exec|attach|portforward)|nodes\/proxy|pods\/proxy|services\/proxy)$/;

function forbiddenHint(message: string, call: Call): string | undefined {
  const found = denial.exec(message);
  if (found === null) return unexplainedHint(message, call);
  const [, user = '', verb = '', resource, group, path, namespace] = found;
  if (user === 'system:anonymous') {
    return 'the server knows no user behind this request: check the credentials of this context, and log in again';
  }
  if (verb.startsWith('impersonate')) {
    return `a ClusterRole must allow the verb "impersonate" on users, and on the groups and uids that are given, to user "${user}"`;
  }
  const what =
    resource === undefined ? `path "${path ?? ''}"` : `"${resource}"${group ? ` in API group "${group}"` : ''}`;
  const role = namespace === undefined ? 'a ClusterRole' : `a Role in namespace "${namespace}"`;
  const needs = `${role} must allow the verb "${verb}" on ${what} to user "${user}"`;
  if (!isUpgrade(call) || resource === undefined || !streamResource.test(resource)) return needs;
  return `${needs}; over WebSocket ${resource} needs "get" and, since Kubernetes 1.35, "create" too`;
}

/** The check for `create` of Kubernetes 1.35 says nothing but "forbidden". */
function unexplainedHint(message: string, call: Call): string | undefined {
  const [, namespace = '', kind = ''] =
    /\/namespaces\/([^/?]+)\/pods\/[^/?]+\/(exec|attach|portforward)\b/.exec(call.path) ?? [];
  if (!isUpgrade(call) || kind === '' || !message.endsWith('is forbidden:')) return undefined;
  return `since Kubernetes 1.35 a Role in namespace "${namespace}" must allow the verb "create" on "pods/${kind}", besides "get"`;
}
