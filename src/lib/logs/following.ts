import type { ApiClient } from '../kube/index.ts';
import { createBackOff, type BackOff } from './back-off.ts';
import { readContainerNow, type ContainerNow } from './container-now.ts';
import type { LogEvent } from './events.ts';
import { mayPass } from './failures.ts';
import type { LogSource, OutputStream } from './line.ts';
import { createPosition, type Position } from './position.ts';
import { isPart, type LogRequest, type LogTarget } from './request.ts';
import { createRuns, type Runs } from './runs.ts';
import { usualPatience, type Patience } from './silence.ts';
import { withinTime } from './time-limit.ts';
import { createTrouble, type Trouble } from './trouble.ts';

/** What to follow, and from where on. */
export interface FollowRequest {
  readonly api: ApiClient;
  readonly target: LogTarget;
  readonly source: LogSource;
  /** Of the pod; undefined: it was not read. */
  readonly uid?: string | undefined;
  /** Of the container, as it was when it was read; undefined: it was not. */
  readonly containerId?: string | undefined;
  /** tailLines, sinceSeconds or sinceTime of the first request, and what holds for all of them. */
  readonly start: Pick<LogRequest, 'tailLines' | 'sinceSeconds' | 'sinceTime' | 'insecureSkipTLSVerifyBackend'>;
  readonly stream?: OutputStream | undefined;
  /** How long a container may not have started, in milliseconds. */
  readonly startTimeoutMs: number;
  readonly onEvent: (event: LogEvent) => void;
  /** Resolves when something may have changed in the container, at the latest after so many milliseconds. */
  readonly changed?: ((milliseconds: number) => Promise<void>) | undefined;
  /** How long silence is believed; the usual where it is not given. */
  readonly patience?: Patience | undefined;
  readonly signal: AbortSignal;
}

/** A log that is followed, and what is known of it. */
export interface Following {
  readonly request: FollowRequest;
  readonly patience: Patience;
  readonly position: Position;
  readonly runs: Runs;
  readonly backOff: BackOff;
  readonly trouble: Trouble;
  /** Of the pod. */
  uid: string | undefined;
  /** Of the line that was given in part: what is not to be given again. */
  skip: { readonly at: string; readonly given: number } | undefined;
  /** The log could be opened once. */
  wasOpen: boolean;
  /** The log that is opened next is of a run of which nothing was read. */
  isNewRun: boolean;
}

export function createFollowing(request: FollowRequest): Following {
  const { start, containerId, signal, source, onEvent, uid, patience = usualPatience } = request;
  return {
    request,
    patience,
    position: createPosition(isPart(start)),
    runs: createRuns(containerId),
    backOff: createBackOff(signal),
    trouble: createTrouble(source, onEvent),
    uid,
    skip: undefined,
    wasOpen: false,
    isNewRun: false,
  };
}

/** From where on the log is to be asked for. */
export function beginning({
  position,
  request,
}: Following): Pick<LogRequest, 'tailLines' | 'sinceSeconds' | 'sinceTime'> {
  const { tailLines, sinceSeconds, sinceTime } = request.start;
  if (position.since !== undefined) return { sinceTime: position.since };
  // Where only what comes later is wanted and nothing was there yet, all lines are.
  return tailLines === 0 ? { sinceSeconds, sinceTime } : { tailLines, sinceSeconds, sinceTime };
}

/** Waits before the next try; what cannot pass is thrown. */
export async function waitAfter(error: unknown, { request, trouble, backOff }: Following): Promise<void> {
  request.signal.throwIfAborted();
  if (!mayPass(error)) throw error;
  trouble.begin(error.message);
  await backOff.wait();
}

/** What the cluster says of the container, asked until it answers. */
export async function look(following: Following): Promise<ContainerNow> {
  const { api, target, signal } = following.request;
  for (;;) {
    try {
      // A socket that was kept may lead nowhere.
      const now = await withinTime(following.patience.answer, signal, (inTime) =>
        readContainerNow(api, target, following.uid, inTime),
      );
      if (now.kind !== 'gone' && now.kind !== 'unknown') following.uid ??= now.uid;
      return now;
    } catch (error) {
      await waitAfter(error, following);
    }
  }
}
