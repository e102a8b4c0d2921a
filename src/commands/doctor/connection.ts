import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient, ConnectionDescription } from '../../lib/kube/index.ts';
import { failed, limited, type Check } from './check.ts';

/** Who the server takes the user for. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
}

const day = 86_400_000;

/** The cluster and the user that are meant, and what is known of the credentials without asking. */
export function checkKubeconfig(found: ConnectionDescription): readonly Check[] {
  const { files, context, namespace, server, user, credentials, expires, insecure, proxy } = found;
  const where = files.length === 0 ? 'no file' : files.join(', ');
  const checks: Check[] = [
    {
      id: 'kubeconfig',
      status: insecure ? 'warning' : 'ok',
      message: `${where}: ${context === undefined ? 'no context' : `context ${context}`}, namespace ${namespace}, server ${server}`,
      ...(insecure && { hint: 'the certificate of the server is not checked: whoever answers gets the credentials' }),
      details: { files, context: context ?? null, namespace, server, insecure },
    },
    {
      id: 'proxy',
      status: 'ok',
      message:
        proxy === undefined
          ? 'none'
          : `${proxy.url}, by ${proxy.from === 'environment' ? 'the environment' : 'proxy-url'}`,
      details: { url: proxy?.url ?? null, from: proxy?.from ?? null },
    },
  ];
  const left = expires === undefined ? Infinity : expires.getTime() - Date.now();
  const until = expires === undefined ? '' : `, valid until ${expires.toISOString()}`;
  const details = { user, kind: credentials, expires: expires?.toISOString() ?? null };
  const common = { id: 'credentials', details };
  if (left <= 0) {
    checks.push({
      ...common,
      status: 'failed',
      message: `${credentials} of user ${user}, expired on ${expires?.toISOString() ?? ''}`,
      hint: 'log in again, or get new credentials for this user',
    });
  } else if (credentials === 'nothing') {
    checks.push({ ...common, status: 'warning', message: 'the kubeconfig has no credentials for this server' });
  } else {
    checks.push({
      ...common,
      status: left < day ? 'warning' : 'ok',
      message: `${credentials} of user ${user}${until}`,
    });
  }
  return checks;
}

/** The version of a server, as `GET /version` has it. */
export interface ServerVersion {
  readonly gitVersion: string;
  /** 0 where it cannot be told. */
  readonly minor: number;
}

/** Asks for the version, several times: the first connects, the others show the round trip. */
export async function checkServer(
  api: ApiClient,
  signal: AbortSignal,
): Promise<{ checks: readonly Check[]; version?: ServerVersion }> {
  const times: number[] = [];
  let answer: { gitVersion?: string; minor?: string } = {};
  try {
    for (let turn = 0; turn < 6; turn++) {
      const begin = performance.now();
      answer = await api.get('/version', { signal: limited(signal, 15_000) });
      times.push(performance.now() - begin);
    }
  } catch (error) {
    const isRefused = error instanceof KxError && error.code === 'KX_UNAUTHENTICATED';
    return { checks: [failed(isRefused ? 'identity' : 'server', error)] };
  }
  const { gitVersion = 'unknown', minor = '' } = answer;
  const [first = 0, ...more] = times;
  const [best, median] = [Math.min(...more), [...more].sort((a, b) => a - b)[Math.floor(more.length / 2)] ?? 0];
  return {
    version: { gitVersion, minor: Number.parseInt(minor, 10) || 0 },
    checks: [
      {
        id: 'server',
        status: 'ok',
        message: `Kubernetes ${gitVersion} at ${api.server}`,
        details: { version: gitVersion, url: api.server },
      },
      {
        id: 'round-trip',
        status: median > 500 ? 'warning' : 'ok',
        message: `${round(median)} ms (median of ${more.length}), ${round(first)} ms with the connecting`,
        details: { medianMs: round(median), bestMs: round(best), connectMs: round(first) },
      },
    ],
  };
}

/** Whom the server sees. Servers before 1.28 cannot say. */
export async function checkIdentity(
  api: ApiClient,
  signal: AbortSignal,
): Promise<{ check: Check; identity?: Identity }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  let info: { username?: string; groups?: string[] } = {};
  try {
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const review = await api.post<{ status?: { userInfo?: typeof info } }>(path, body, {
      signal: limited(signal, 15_000),
    });
    info = review.status?.userInfo ?? {};
  } catch (error) {
    if (error instanceof KxError && (error.details['status'] === '403' || error.details['status'] === '404')) {
      return { check: { id: 'identity', status: 'skipped', message: 'the server does not say who asks' } };
    }
    return {
      check: failed('identity', error),
    };
  }
  const { username: name = '', groups = [] } = info;
  const details = { user: name, groups };
  if (name === 'system:anonymous') {
    const hint =
      'the kubeconfig has no credentials for this server: log in, or name another user by --user or --context';
    return {
      check: {
        id: 'identity',
        status: 'failed',
        message: 'the server knows no user behind the requests',
        hint,
        details,
      },
    };
  }
  const among = groups.length === 0 ? '' : `, of ${groups.join(', ')}`;
  return { check: { id: 'identity', status: 'ok', message: `${name}${among}`, details }, identity: { name, groups } };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
