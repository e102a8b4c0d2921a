import { readFileSync } from 'node:fs';

import { KxError } from '../errors/index.ts';
import type { ConnectionFlags } from './api-client.ts';
import { fieldsOf, pathOf, stringOf, type Entry, type Fields, type Kubeconfig } from './kubeconfig.ts';
import { parseProxy } from './proxy-choice.ts';

/** How the server is reached and known. */
interface ServerSettings {
  /** Without user, query and trailing slash. */
  readonly url: URL;
  /** PEM; undefined: the roots of the system. */
  readonly ca: string | undefined;
  readonly insecure: boolean;
  /** The name to ask for and to verify instead of the host of the URL. */
  readonly tlsServerName: string | undefined;
  /** The `proxy-url` of the cluster. */
  readonly proxy: URL | undefined;
  /** What the cluster keeps for exec plugins, which they get with provideClusterInfo. */
  readonly execConfig: unknown;
}

/** A kubeconfig and the flags, put together: what a client is made of. */
export interface Connection {
  readonly server: ServerSettings;
  readonly context: string | undefined;
  readonly namespace: string;
  /** The user entry of the kubeconfig, not yet read: its files and plugins may not be needed. */
  readonly user: Entry;
}

const nobody: Entry = { name: '', fields: {}, file: '' };

/**
 * Applies the flags to the kubeconfig with the precedence of kubectl: --server and --tls-server-name replace both,
 * --certificate-authority replaces CA, CA data and insecure, a missing name is an error.
 * https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/client_config.go
 */
export function resolveConnection(config: Kubeconfig, flags: ConnectionFlags): Connection {
  const context = flags.context ?? config.currentContext;
  const entry = context === undefined ? undefined : config.contexts.get(context);
  if (context !== undefined && entry === undefined) {
    throw missing(config, 'context', context, config.contexts, flags.context === undefined ? ' (current-context)' : '');
  }
  const where = context === undefined ? '' : `context "${context}"`;
  const cluster = findCluster(config, flags, entry, where);
  return {
    server: resolveServer(cluster, flags, where, config),
    context: flags.server === undefined ? context : undefined,
    namespace: flags.namespace ?? (entry && stringOf(entry.fields, 'namespace')) ?? 'default',
    user: findUser(config, flags, entry),
  };
}

/** Reads a PEM file for a message that names what it is for. */
export function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_CONFIG', `cannot read the ${what} ${path}: ${code ?? 'unreadable'}`, { cause });
  }
}

/** The PEM text of `NAME-data` (base64), else of the file that `NAME` names: data wins, as with kubectl. */
export function pemOf(entry: Entry, name: string, what: string): string | undefined {
  const data = stringOf(entry.fields, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const path = pathOf(entry, name);
  return path === undefined ? undefined : readPem(path, what);
}

function findCluster(config: Kubeconfig, flags: ConnectionFlags, context: Entry | undefined, where: string): Entry {
  const name = flags.cluster ?? (context && stringOf(context.fields, 'cluster'));
  const found = name === undefined ? undefined : config.clusters.get(name);
  if (found !== undefined) return found;
  if (name !== undefined && (flags.cluster !== undefined || flags.server === undefined)) {
    throw missing(
      config,
      'cluster',
      name,
      config.clusters,
      where && flags.cluster === undefined ? ` (of ${where})` : '',
    );
  }
  return nobody;
}

function findUser(config: Kubeconfig, flags: ConnectionFlags, context: Entry | undefined): Entry {
  const name = flags.user ?? (context && stringOf(context.fields, 'user'));
  const found = name === undefined ? undefined : config.users.get(name);
  if (found !== undefined) return found;
  const given = flags.token !== undefined || flags.clientCertificate !== undefined;
  if (name !== undefined && (flags.user !== undefined || !given)) {
    throw missing(config, 'user', name, config.users, context && !flags.user ? ` (of context "${context.name}")` : '');
  }
  return nobody;
}

function resolveServer(cluster: Entry, flags: ConnectionFlags, where: string, config: Kubeconfig): ServerSettings {
  const text = flags.server ?? stringOf(cluster.fields, 'server');
  if (text === undefined) throw noServer(cluster, where, config);
  const overridesTrust = flags.insecureSkipTlsVerify === true || flags.certificateAuthority !== undefined;
  const insecure = overridesTrust
    ? flags.insecureSkipTlsVerify === true
    : cluster.fields['insecure-skip-tls-verify'] === true;
  const ca = overridesTrust
    ? flags.certificateAuthority && readPem(flags.certificateAuthority, 'certificate authority')
    : pemOf(cluster, 'certificate-authority', 'certificate authority');
  if (insecure && ca !== undefined) {
    throw new KxError(
      'KX_CONFIG',
      `${of(cluster)} has a certificate authority and skips verification: only one can be`,
    );
  }
  const overridesName = flags.server !== undefined || flags.tlsServerName !== undefined;
  const proxy = stringOf(cluster.fields, 'proxy-url');
  return {
    url: parseServer(text, flags.server === undefined ? of(cluster) : '--server'),
    ca,
    insecure,
    tlsServerName: overridesName ? flags.tlsServerName : stringOf(cluster.fields, 'tls-server-name'),
    proxy: proxy === undefined ? undefined : parseProxy(proxy, `proxy-url of ${of(cluster)}`),
    execConfig: execConfigOf(cluster.fields),
  };
}

/** kubectl takes a bare host for http, and a URL with any path for a prefix. */
function parseServer(text: string, origin: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '') {
    throw new KxError('KX_CONFIG', `the server of ${origin} is not an http(s) URL`);
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  url.search = '';
  url.hash = '';
  url.username = '';
  url.password = '';
  return url;
}

function execConfigOf(cluster: Fields): unknown {
  const extensions = cluster['extensions'];
  if (!Array.isArray(extensions)) return undefined;
  const found = (extensions as Fields[]).find((one) => one['name'] === 'client.authentication.k8s.io/exec');
  return found && fieldsOf(found, 'extension');
}

function noServer(cluster: Entry, where: string, config: Kubeconfig): KxError {
  if (cluster !== nobody) return new KxError('KX_CONFIG', `${of(cluster)} has no server`);
  if (config.files.length === 0) {
    return new KxError('KX_CONFIG', 'there is no kubeconfig: no ~/.kube/config, no KUBECONFIG, and this is not a pod', {
      hint: 'give one by --kubeconfig FILE or KUBECONFIG',
    });
  }
  if (where !== '') return new KxError('KX_CONFIG', `${where} in ${config.files.join(', ')} names no cluster`);
  return new KxError('KX_CONFIG', `kubeconfig ${config.files.join(', ')} has no current-context`, {
    hint: known('context', config.contexts) ?? 'choose one by --context, or kubectl config use-context',
  });
}

function missing(
  config: Kubeconfig,
  kind: string,
  name: string,
  there: ReadonlyMap<string, Entry>,
  note: string,
): KxError {
  const files = config.files.length === 0 ? 'any kubeconfig' : config.files.join(', ');
  return new KxError('KX_CONFIG', `there is no ${kind} "${name}"${note} in ${files}`, { hint: known(kind, there) });
}

function known(kind: string, there: ReadonlyMap<string, Entry>): string | undefined {
  if (there.size === 0) return undefined;
  const names = [...there.keys()];
  return `${kind}s there: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}

function of(cluster: Entry): string {
  return cluster === nobody ? 'the connection' : `cluster "${cluster.name}" in ${cluster.file}`;
}
