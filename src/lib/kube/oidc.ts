import { KxError } from '../errors/index.ts';
import { pemOf } from './connection.ts';
import { createAgent } from './dial.ts';
import { exchange, readBody, type Call } from './exchange.ts';
import type { Identity, IdentitySource, Surroundings } from './identity.ts';
import { isFields, stringOf, type Entry, type Fields } from './kubeconfig.ts';
import { proxyFromEnv } from './proxy-choice.ts';
import { shareRuns } from './shared-run.ts';
import { saveTokens } from './token-file.ts';
import type { Way } from './way.ts';

/** What is asked of an issuer, and how its answers are reached. */
interface Issuer {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly ca: string | undefined;
  readonly around: Surroundings;
  readonly fail: (what: string) => KxError;
}

interface Tokens {
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** A token that ends this soon is renewed already, as in client-go. */
const expiryMarginMs = 10_000;
const timeoutMs = 30_000;

/**
 * The identity of a user with `auth-provider: oidc`: its id-token, renewed by its refresh-token when it has expired or
 * was refused. What the issuer gives is written back to the kubeconfig, for a refresh-token may be good only once.
 * https://github.com/kubernetes/client-go/blob/v0.34.0/plugin/pkg/client/auth/oidc/oidc.go
 */
export function createOidcSource(
  user: Entry,
  config: Fields,
  pair: Pick<Identity, 'certificate' | 'key'>,
  around: Surroundings,
): IdentitySource {
  const issuer = readIssuer(user, config, around);
  let tokens: Tokens = { idToken: stringOf(config, 'id-token'), refreshToken: stringOf(config, 'refresh-token') };

  const refresh = shareRuns(async (signal) => {
    const { refreshToken } = tokens;
    if (refreshToken === undefined) throw issuer.fail('has no valid id-token, and no refresh-token to get one by');
    tokens = await requestTokens(issuer, refreshToken, signal);
    try {
      saveTokens(user, { 'id-token': tokens.idToken, 'refresh-token': tokens.refreshToken });
    } catch (error) {
      around.log(0, `warning: the new tokens are not written to ${user.file}: ${(error as Error).message}`);
    }
  });

  return {
    async current(signal) {
      if (!isFresh(tokens.idToken)) await refresh(signal);
      return { ...pair, authorization: `Bearer ${tokens.idToken ?? ''}` };
    },
    async renew(refused, signal) {
      if (refused.authorization !== `Bearer ${tokens.idToken ?? ''}`) return true;
      if (tokens.refreshToken === undefined) return false;
      await refresh(signal);
      return true;
    },
  };
}

function readIssuer(user: Entry, config: Fields, around: Surroundings): Issuer {
  const fail = (what: string) =>
    new KxError('KX_UNAUTHENTICATED', `the OIDC user "${user.name}" in ${user.file} ${what}`, {
      hint: 'log in again with the tool that made this user',
    });
  const required = (key: string) => {
    const value = stringOf(config, key);
    if (value === undefined)
      throw new KxError('KX_CONFIG', `the OIDC user "${user.name}" in ${user.file} has no ${key}`);
    return value;
  };
  const own: Entry = { ...user, fields: config };
  return {
    url: required('idp-issuer-url').replace(/\/$/, ''),
    clientId: required('client-id'),
    clientSecret: stringOf(config, 'client-secret') ?? '',
    ca: pemOf(own, 'idp-certificate-authority', 'certificate authority of the OIDC issuer'),
    around,
    fail,
  };
}

/** Whether a JWT can still be used. Its signature is the server's business. */
function isFresh(token: string | undefined): boolean {
  try {
    const claims = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown };
    return typeof claims.exp === 'number' && claims.exp * 1000 - expiryMarginMs > Date.now();
  } catch {
    return false;
  }
}

async function requestTokens(issuer: Issuer, refreshToken: string, signal: AbortSignal): Promise<Tokens> {
  const discovery = await askIssuer(issuer, `${issuer.url}/.well-known/openid-configuration`, {}, undefined, signal);
  const endpoint = stringOf(discovery.fields, 'token_endpoint');
  if (endpoint === undefined) throw issuer.fail(`has an issuer without a token endpoint (${discovery.status})`);
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const open = {
    ...form,
    client_id: issuer.clientId,
    ...(issuer.clientSecret && { client_secret: issuer.clientSecret }),
  };
  // Issuers take the secret as a header or in the form; as golang.org/x/oauth2 does, the header is tried first.
  let answer =
    issuer.clientSecret === '' ? undefined : await askIssuer(issuer, endpoint, basicOf(issuer), form, signal);
  const isUnknownClient = answer?.status !== 200 && answer?.fields['error'] !== 'invalid_grant';
  if (answer === undefined || isUnknownClient) answer = await askIssuer(issuer, endpoint, {}, open, signal);
  const idToken = stringOf(answer.fields, 'id_token');
  if (answer.status === 200 && idToken !== undefined) {
    return { idToken, refreshToken: stringOf(answer.fields, 'refresh_token') ?? refreshToken };
  }
  if (answer.status === 200) throw issuer.fail('got no id_token from its issuer: the scope "openid" may be missing');
  const why = [stringOf(answer.fields, 'error'), stringOf(answer.fields, 'error_description')]
    .filter(Boolean)
    .join(': ');
  throw issuer.fail(`is refused a new token by its issuer (${answer.status}${why === '' ? '' : ` ${why}`})`);
}

function basicOf({ clientId, clientSecret }: Issuer): Record<string, string> {
  const text = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return { Authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** One GET, or one POST of a form. Only the line with URL and status is logged: bodies hold tokens both ways. */
async function askIssuer(
  issuer: Issuer,
  address: string,
  headers: Record<string, string>,
  form: Record<string, string> | undefined,
  signal: AbortSignal,
): Promise<{ status: number; fields: Fields }> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) throw issuer.fail('has an issuer that is not an http(s) URL');
  const { env, log } = issuer.around;
  const way: Way = { url, proxy: proxyFromEnv(url, env), ca: issuer.ca, insecure: false, serverName: undefined, env };
  const agent = createAgent(way, {});
  const call: Call = {
    method: form === undefined ? 'GET' : 'POST',
    url,
    path: `${url.pathname}${url.search}`,
    headers: {
      'User-Agent': 'kubectl-kx',
      Accept: 'application/json',
      ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    body: form && new URLSearchParams(form).toString(),
    agent,
    signal,
    timeoutMs,
    log: (level, line) => (level <= 6 ? log(level, line) : undefined),
  };
  try {
    const { status, response } = await exchange(call);
    const fields = parseFields(await readBody(call, response));
    return { status, fields };
  } finally {
    agent.destroy();
  }
}

function parseFields(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}
