import type { ApiClient } from '../../kube/index.ts';
import { KxError } from '../../errors/index.ts';

/** What to watch, and from which resourceVersion on; without one: what there is, and from now on. */
export interface WatchRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly version: string | undefined;
  readonly signal: AbortSignal;
  /** Called for everything that arrives, the head of the answer too. */
  readonly onTraffic?: (() => void) | undefined;
}

/** `version` is where a later watch goes on. */
export type WatchNotice<Item> =
  /** The server has accepted the watch. */
  | { readonly type: 'open' }
  | { readonly type: 'put' | 'delete'; readonly object: Item; readonly version: string | undefined }
  | { readonly type: 'bookmark'; readonly version: string | undefined };

interface Line {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

interface Versioned {
  readonly metadata?: { readonly resourceVersion?: string };
}

/**
 * One watch, until the server ends it. Throws a KxError: the server's own (`details.status` is 410 when the version is
 * too old to go on from), or KX_UNREACHABLE when the connection was cut.
 */
export async function* watchObjects<Item extends Versioned>(
  api: ApiClient,
  { path, query, version, signal, onTraffic }: WatchRequest,
): AsyncGenerator<WatchNotice<Item>> {
  const parameters = new URLSearchParams({ ...query, watch: 'true' });
  if (version !== undefined) parameters.set('resourceVersion', version);
  const stream = await api.stream(path, { query: parameters, signal });
  onTraffic?.();
  yield { type: 'open' };
  for await (const line of linesOf(stream, api, onTraffic)) yield noticeOf<Item>(JSON.parse(line) as Line);
}

function noticeOf<Item extends Versioned>({ type, object }: Line): WatchNotice<Item> {
  if (type === 'ERROR') {
    const { message = 'the watch failed', code = 500 } = object as { message?: string; code?: number };
    throw new KxError('KX_REMOTE', message, { details: { status: String(code) } });
  }
  const item = object as Item;
  const version = item.metadata?.resourceVersion;
  if (type === 'BOOKMARK') return { type: 'bookmark', version };
  return { type: type === 'DELETED' ? 'delete' : 'put', object: item, version };
}

async function* linesOf(stream: NodeJS.ReadableStream, api: ApiClient, onChunk?: () => void): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of stream) {
      onChunk?.();
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  } catch (cause) {
    if (cause instanceof KxError) throw cause;
    throw new KxError('KX_UNREACHABLE', `the server ${new URL(api.server).host} cut the connection`, { cause });
  }
}
