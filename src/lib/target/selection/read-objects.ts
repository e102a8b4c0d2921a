import type { ApiClient } from '../../kube/index.ts';
import { hasStatus } from '../missing.ts';
import type { Pod } from '../pod-order.ts';

/** One list request: what to ask, and who hears of the answers. */
export interface ListRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for every page that arrived. */
  readonly onPage?: (() => void) | undefined;
}

/** What was kept of a list, and the resourceVersion that a watch goes on from. */
export interface ObjectsRead<Kept> {
  readonly kept: readonly Kept[];
  readonly version: string | undefined;
}

interface Page<Item> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Item[];
}

const pageSize = 500;

/**
 * Reads a list by pages, so that only one of them is in memory, and keeps of every object what `keep` makes of it
 * (undefined: nothing). A list that takes so long that its snapshot expires (410) is begun again, the third time in one
 * piece.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what the list is of
export async function readObjects<Kept, Item = Pod>(
  api: ApiClient,
  request: ListRequest,
  keep: (item: Item) => Kept | undefined | Promise<Kept | undefined>,
): Promise<ObjectsRead<Kept>> {
  for (let expired = 0; ; expired++) {
    try {
      return await readPages(api, request, keep, expired < 2 ? { limit: String(pageSize) } : {});
    } catch (error) {
      if (expired === 2 || !hasStatus(error, 410)) throw error;
    }
  }
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
async function readPages<Kept, Item>(
  api: ApiClient,
  { path, query, signal, onPage }: ListRequest,
  keep: (item: Item) => Kept | undefined | Promise<Kept | undefined>,
  size: Readonly<Record<string, string>>,
): Promise<ObjectsRead<Kept>> {
  const kept: Kept[] = [];
  let next: Readonly<Record<string, string>> = {};
  for (;;) {
    const page: Page<Item> = await api.get(path, {
      query: new URLSearchParams({ ...query, ...size, ...next }),
      signal,
    });
    onPage?.();
    for (const item of page.items) {
      const one = await keep(item);
      if (one !== undefined) kept.push(one);
    }
    const { resourceVersion: version, continue: token = '' } = page.metadata ?? {};
    if (token === '') return { kept, version };
    next = { continue: token };
  }
}
