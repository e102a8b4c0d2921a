import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';

import { KxError } from '../errors/index.ts';
import { parseYaml, type YamlError } from './yaml.ts';

/** A YAML mapping of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** One named entry of a list in a kubeconfig, and the file that holds it. */
export interface Entry {
  readonly name: string;
  readonly fields: Fields;
  readonly file: string;
}

/** Several kubeconfig files as one: the first file that has a name wins it. */
export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly currentContext: string | undefined;
  /** What was read, for messages. */
  readonly files: readonly string[];
}

/**
 * Reads the kubeconfig that kubectl would read: `path` (--kubeconfig), else the list in KUBECONFIG, else
 * ~/.kube/config. Only a `path` must exist; where nothing is found, the result has no files.
 * https://github.com/kubernetes/client-go/blob/v0.34.0/tools/clientcmd/loader.go
 */
export async function readKubeconfig(path: string | undefined, env: NodeJS.ProcessEnv): Promise<Kubeconfig> {
  const clusters = new Map<string, Entry>();
  const contexts = new Map<string, Entry>();
  const users = new Map<string, Entry>();
  const files: string[] = [];
  let currentContext: string | undefined;
  for (const file of listFiles(path, env)) {
    const config = await readFile(file, path !== undefined);
    if (config === undefined) continue;
    files.push(file);
    currentContext ??= stringOf(config, 'current-context');
    addEntries(clusters, config, 'clusters', 'cluster', file);
    addEntries(contexts, config, 'contexts', 'context', file);
    addEntries(users, config, 'users', 'user', file);
  }
  return { clusters, contexts, users, currentContext, files };
}

/** Text under `key`; undefined when it is absent or empty. A number that YAML made of it becomes text again. */
export function stringOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** The mapping under `key`; undefined when there is none. */
export function fieldsOf(fields: Fields, key: string): Fields | undefined {
  const value = fields[key];
  return isFields(value) ? value : undefined;
}

/** The list under `key`; empty when there is none. */
export function listOf(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  return Array.isArray(value) ? value : [];
}

/** The path under `key`, made absolute from the folder of the kubeconfig that names it. */
export function pathOf(entry: Entry, key: string): string | undefined {
  const path = stringOf(entry.fields, key);
  return path === undefined || isAbsolute(path) ? path : join(dirname(entry.file), path);
}

/** A command with a slash is relative to its kubeconfig too; one without is looked for on PATH. */
export function commandPath(command: string, file: string): string {
  return basename(command) === command || isAbsolute(command) ? command : join(dirname(file), command);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listFiles(path: string | undefined, env: NodeJS.ProcessEnv): string[] {
  if (path !== undefined) return [resolve(path)];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return [...new Set(listed.map((file) => resolve(file)))];
  return [join((process.platform === 'win32' ? env['USERPROFILE'] : env['HOME']) ?? homedir(), '.kube', 'config')];
}

async function readFile(file: string, required: boolean): Promise<Fields | undefined> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : (code ?? 'unreadable');
    throw new KxError('KX_CONFIG', `cannot read kubeconfig ${file}: ${why}`, { cause });
  }
  return parse(text, file);
}

async function parse(text: string, file: string): Promise<Fields> {
  const value = await parseYaml(text).catch((cause: unknown) => {
    const { where, message } = cause as YamlError;
    const place = where === undefined ? '' : `:${where.line}:${where.column}`;
    throw new KxError('KX_CONFIG', `kubeconfig ${file}${place} is not valid YAML: ${message}`);
  });
  if (value === undefined || value === null) return {};
  if (!isFields(value)) throw new KxError('KX_CONFIG', `kubeconfig ${file} is not a mapping of clusters and users`);
  return value;
}

function addEntries(into: Map<string, Entry>, config: Fields, list: string, kind: string, file: string): void {
  const seen = new Set<string>();
  for (const item of listOf(config, list)) {
    const name = isFields(item) ? stringOf(item, 'name') : undefined;
    if (!isFields(item) || name === undefined) continue;
    if (seen.has(name)) throw new KxError('KX_CONFIG', `kubeconfig ${file} has two ${list} named "${name}"`);
    seen.add(name);
    if (!into.has(name)) into.set(name, { name, fields: fieldsOf(item, kind) ?? {}, file });
  }
}
