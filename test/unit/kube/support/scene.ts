import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { connect, type ApiClient, type ConnectionFlags } from '../../../../src/lib/kube/index.ts';
import { KxError } from '../../../../src/lib/errors/index.ts';
import { makeAuthority, type Authority } from './authority.ts';
import { startApi, type Api, type ApiOptions } from './api.ts';

/** A folder that is gone when the test is over. */
export function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kx-kube-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a folder and gives its path. */
export function write(folder: string, name: string, content: unknown, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  return path;
}

/** An authority and an https server whose certificate is for 127.0.0.1 and api.example. */
export async function startSecureApi(
  t: TestContext,
  options: ApiOptions & { expired?: boolean } = {},
): Promise<Api & { authority: Authority }> {
  const authority = await makeAuthority();
  const { expired = false, ...rest } = options;
  const pair = await authority.issue({ name: 'server', ips: ['127.0.0.1'], dns: ['api.example'], expired });
  const api = await startApi({ tls: { ...pair, ca: authority.cert }, ...rest });
  return { ...api, authority };
}

/** A kubeconfig of one context: YAML is a superset of JSON. */
export function oneContext(cluster: object, user: object = {}, context: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', ...context } }],
    'current-context': 'x',
  };
}

export function clusterOf(api: Api & { authority: Authority }): object {
  return { server: api.url, 'certificate-authority-data': Buffer.from(api.authority.cert).toString('base64') };
}

/** A client of a kubeconfig that is written for it, and the lines it logs. */
export async function connectWith(
  t: TestContext,
  config: object,
  flags: ConnectionFlags = {},
  env: NodeJS.ProcessEnv = {},
): Promise<ApiClient & { lines: string[]; file: string }> {
  const file = write(makeFolder(t), 'config', config);
  const lines: string[] = [];
  const log = (level: number, line: string) => void lines.push(`${level} ${line}`);
  const client = await connect({ kubeconfig: file, ...flags }, { env: { PATH: process.env['PATH'], ...env }, log });
  return Object.assign(client, { lines, file });
}

/** The KxError that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<KxError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KxError) return error;
    throw error;
  }
  throw new Error('there was no error');
}
