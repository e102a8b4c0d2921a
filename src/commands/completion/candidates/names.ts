import type { ApiClient } from '../../../lib/kube/index.ts';
import type { Candidate } from '../completions.ts';

/** What a server makes of objects for a person to read. It is a small part of the objects themselves. */
interface Table {
  readonly columnDefinitions?: readonly { readonly name: string }[];
  readonly rows?: readonly { readonly cells: readonly (string | number)[] }[];
}

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** The names of the objects at a path, each with its state as `kubectl get` shows it. */
export async function listNames(
  api: ApiClient,
  path: string,
  signal: AbortSignal,
  selector?: string,
): Promise<readonly Candidate[]> {
  // Version 0: what the server has in its memory, which is as new as a completion needs.
  const query = new URLSearchParams({ includeObject: 'None', resourceVersion: '0' });
  if (selector !== undefined) query.set('labelSelector', selector);
  const table = await api.get<Table>(path, { query, signal, headers: { Accept: accept } });
  const columns = (table.columnDefinitions ?? []).map(({ name }) => name);
  const cell = (cells: readonly (string | number)[], column: string) => cells[columns.indexOf(column)];
  return (table.rows ?? []).map(({ cells }) => {
    const ready = cell(cells, 'Ready');
    const state = cell(cells, 'Status') ?? (ready === undefined ? '' : `${ready} ready`);
    return { text: `${cell(cells, 'Name') ?? ''}`, note: `${state}` };
  });
}
