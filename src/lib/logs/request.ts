import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { pathOf } from '../target/index.ts';
import { beats } from './beat.ts';
import { createGates } from './gate.ts';
import type { SilenceWatch } from './silence.ts';
import type { OutputStream } from './line.ts';

/** Whose log: the server takes the only container of a pod where none is named. */
export interface LogTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string | undefined;
}

/** PodLogOptions of the Kubernetes API, as they are sent. */
export interface LogRequest {
  readonly follow?: boolean | undefined;
  readonly previous?: boolean | undefined;
  readonly timestamps?: boolean | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
  /** Needs the feature gate PodLogsQuerySplitStreams in API server and kubelet; not with tailLines. */
  readonly stream?: OutputStream | undefined;
  readonly insecureSkipTLSVerifyBackend?: boolean | undefined;
}

/** Whether a request leaves lines out that a log begins with. */
export function isPart({ tailLines, sinceSeconds, sinceTime }: LogRequest): boolean {
  return [tailLines, sinceSeconds, sinceTime].some((each) => each !== undefined);
}

/** So many logs are opened at once: more handshakes would only hold each other up. */
const mostOpening = 24;
/** An older kubelet answers with the first line only. Milliseconds. */
const longestOpening = 3000;

const gateOf = createGates(mostOpening);

/**
 * Opens a log. Rejects as ApiClient.stream does, with what `silence` finds, and with KX_USAGE where the server does not tell
 * the streams of a container apart.
 */
export async function openLog(
  api: ApiClient,
  { namespace, pod, container }: LogTarget,
  request: LogRequest,
  signal: AbortSignal | undefined,
  silence?: SilenceWatch,
): Promise<NodeJS.ReadableStream> {
  const query = new URLSearchParams();
  if (container !== undefined) query.set('container', container);
  for (const [name, value] of Object.entries(request)) {
    if (value === undefined || value === false) continue;
    // The API has these two with a capital letter.
    query.set(name, name === 'stream' ? (value === 'stdout' ? 'Stdout' : 'Stderr') : String(value));
  }
  const open = await gateOf(api).enter();
  const goOn = beats.hold();
  const leave = (): void => {
    open();
    goOn();
  };
  const timer = setTimeout(leave, longestOpening);
  try {
    const opening = api.stream(`${pathOf('pod', namespace, pod)}/log`, { query, signal });
    return await (silence === undefined ? opening : silence.wait(opening));
  } catch (error) {
    throw request.stream !== undefined && isStreamRefusal(error) ? noStreams(error) : error;
  } finally {
    clearTimeout(timer);
    leave();
  }
}

/** The validation of PodLogOptions: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/validation/validation.go */
function isStreamRefusal(error: unknown): error is KxError {
  return error instanceof KxError && /\bstream: Forbidden/.test(error.message);
}

function noStreams(cause: KxError): KxError {
  return new KxError('KX_USAGE', 'the server does not tell stdout from stderr', {
    hint: 'it can with the feature gate PodLogsQuerySplitStreams in the API server and the kubelets',
    details: cause.details,
    cause,
  });
}
