import { spawn } from 'node:child_process';
import { isatty } from 'node:tty';

import { KxError } from '../errors/index.ts';
import type { Connection } from './connection.ts';
import { toCancellation } from './failures.ts';
import type { Identity, IdentitySource, Surroundings } from './identity.ts';
import { shareRuns } from './shared-run.ts';
import { commandPath, fieldsOf, isFields, listOf, stringOf, type Fields } from './kubeconfig.ts';

/** One credential plugin as the kubeconfig describes it. */
interface Plugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly interactive: boolean;
  readonly cluster: Fields | undefined;
  readonly installHint: string | undefined;
}

interface Credential {
  readonly identity: Identity;
  /** Milliseconds since the epoch; undefined: until the server refuses it. */
  readonly expires: number | undefined;
}

const group = 'client.authentication.k8s.io';

/**
 * The identity that a credential plugin gives. It runs when the first request is made, again when its credential has
 * expired or was refused, and once for any number of requests that wait.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function createExecSource(exec: Fields, connection: Connection, around: Surroundings): IdentitySource {
  const plugin = readPlugin(exec, connection, around);
  let known: Credential | undefined;
  const run = shareRuns((signal) => runPlugin(plugin, around, signal));
  return {
    async current(signal) {
      if (known?.expires !== undefined && known.expires <= Date.now()) known = undefined;
      known ??= await run(signal);
      return known.identity;
    },
    async renew(refused, signal) {
      if (known === undefined || known.identity === refused) known = await run(signal);
      return true;
    },
  };
}

function readPlugin(exec: Fields, { user, server }: Connection, { unattended }: Surroundings): Plugin {
  const fail = (what: string) =>
    new KxError('KX_CONFIG', `the exec plugin of user "${user.name}" in ${user.file} ${what}`);
  const command = stringOf(exec, 'command');
  if (command === undefined) throw fail('has no command');
  const apiVersion = stringOf(exec, 'apiVersion') ?? '';
  if (apiVersion !== `${group}/v1` && apiVersion !== `${group}/v1beta1`) {
    throw fail(`has the apiVersion "${apiVersion}": only ${group}/v1 and v1beta1 are known`);
  }
  const mode = stringOf(exec, 'interactiveMode') ?? (apiVersion.endsWith('/v1beta1') ? 'IfAvailable' : '');
  if (!['Never', 'IfAvailable', 'Always'].includes(mode)) {
    throw fail(mode === '' ? 'has no interactiveMode' : `has the unknown interactiveMode "${mode}"`);
  }
  const interactive = mode !== 'Never' && unattended !== true && isatty(0);
  if (mode === 'Always' && !interactive) throw fail('needs a terminal as standard input (interactiveMode: Always)');
  return {
    command: commandPath(command, user.file),
    args: listOf(exec, 'args').map(String),
    env: Object.fromEntries(
      listOf(exec, 'env')
        .filter(isFields)
        .map((one) => [stringOf(one, 'name') ?? '', stringOf(one, 'value') ?? '']),
    ),
    apiVersion,
    interactive,
    cluster: exec['provideClusterInfo'] === true ? clusterInfo(server) : undefined,
    installHint: stringOf(exec, 'installHint')?.trim(),
  };
}

function clusterInfo(server: Connection['server']): Fields {
  return {
    server: server.url.href.replace(/\/$/, ''),
    ...(server.tlsServerName && { 'tls-server-name': server.tlsServerName }),
    ...(server.insecure && { 'insecure-skip-tls-verify': true }),
    ...(server.ca && { 'certificate-authority-data': Buffer.from(server.ca).toString('base64') }),
    ...(server.proxy && { 'proxy-url': server.proxy.href }),
    ...(server.execConfig !== undefined && { config: server.execConfig }),
  };
}

async function runPlugin(plugin: Plugin, around: Surroundings, signal: AbortSignal): Promise<Credential> {
  const { apiVersion, interactive, cluster } = plugin;
  const info = { apiVersion, kind: 'ExecCredential', spec: { ...(cluster && { cluster }), interactive } };
  const env = { ...around.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  around.log(6, `running the credential plugin ${plugin.command}`);
  const output = await readOutput(plugin, env, around.unattended === true ? 'ignore' : 'inherit', signal);
  return readCredential(output, plugin);
}

function readOutput(
  plugin: Plugin,
  env: NodeJS.ProcessEnv,
  stderr: 'ignore' | 'inherit',
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, plugin.args, {
      env,
      stdio: [plugin.interactive ? 'inherit' : 'ignore', 'pipe', stderr],
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    const abort = () => void child.kill();
    signal.addEventListener('abort', abort);
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (cause) => reject(cannotStart(plugin, cause)));
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', abort);
      if (signal.aborted) return reject(toCancellation(signal));
      if (code === 0) return resolve(Buffer.concat(chunks).toString('utf8'));
      const how = code === null ? `was ended by ${killed ?? 'a signal'}` : `failed with exit code ${code}`;
      const hint = 'its own message stands above; log in again with the tool it belongs to';
      reject(new KxError('KX_UNAUTHENTICATED', `the credential plugin ${plugin.command} ${how}`, { hint }));
    });
    if (signal.aborted) abort();
  });
}

function cannotStart({ command, installHint }: Plugin, cause: NodeJS.ErrnoException): KxError {
  const why = cause.code === 'ENOENT' ? 'was not found' : `cannot be started: ${cause.code ?? cause.message}`;
  return new KxError('KX_CONFIG', `the credential plugin ${command} ${why}`, {
    hint: installHint ?? 'install it, or check the PATH and the exec entry of the kubeconfig',
    cause,
  });
}

/** The messages never show the output: it is a credential, or half of one. */
function readCredential(output: string, plugin: Plugin): Credential {
  const fail = (what: string) => new KxError('KX_CONFIG', `the credential plugin ${plugin.command} ${what}`);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw fail('did not print JSON');
  }
  if (!isFields(answer) || answer['kind'] !== 'ExecCredential') throw fail('did not print an ExecCredential');
  const version = stringOf(answer, 'apiVersion') ?? '';
  if (version !== plugin.apiVersion) throw fail(`speaks "${version}", and the kubeconfig says "${plugin.apiVersion}"`);
  const status = fieldsOf(answer, 'status') ?? {};
  const token = stringOf(status, 'token');
  const certificate = stringOf(status, 'clientCertificateData');
  const key = stringOf(status, 'clientKeyData');
  if ((certificate === undefined) !== (key === undefined)) throw fail('gave a certificate or a key without the other');
  if (token === undefined && certificate === undefined) throw fail('gave neither a token nor a certificate');
  const expires = Date.parse(stringOf(status, 'expirationTimestamp') ?? '');
  return {
    identity: { certificate, key, authorization: token === undefined ? undefined : `Bearer ${token}` },
    expires: Number.isNaN(expires) ? undefined : expires,
  };
}
