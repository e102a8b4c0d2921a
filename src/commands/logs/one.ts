import { KxError } from '../../lib/errors/index.ts';
import { copyLog, readLog, type LogEvent, type LogSource, type LogTarget } from '../../lib/logs/index.ts';
import { explainExecFailure, listContainers, needsContainerChoice, type Target } from '../../lib/target/index.ts';
import { chooseDefault, findTarget } from './find-target.ts';
import { followPart, limitPart, startOf } from './part.ts';
import type { Session } from './session.ts';
import { createShow, isPlain } from './show.ts';

/** Shows the log of one container and gives the exit code. */
export async function showOne(session: Session): Promise<number> {
  const target = await findTarget(session);
  try {
    try {
      return await showTarget(session, target);
    } catch (error) {
      if (target.container !== undefined || !needsContainerChoice(error)) throw error;
      return await showTarget(session, await chooseDefault(session, target, error));
    }
  } catch (thrown) {
    session.signal.throwIfAborted();
    if (session.over.aborted) return 0;
    const error = await explain(session, target, thrown);
    // As in kubectl: what is not there, or means nothing, is no error of a log.
    const isOfLog = error.code !== 'KX_TARGET_NOT_FOUND' && error.code !== 'KX_USAGE';
    if (!session.options.ignoreErrors || !isOfLog) throw error;
    session.say(`error: ${error.message}`);
    return 0;
  }
}

async function showTarget(session: Session, target: Target): Promise<number> {
  const { api, options, output, signal } = session;
  const { part, look } = options;
  const follow = options.follow && !part.previous;
  const isWhole = part.tail === undefined && part.sinceSeconds === undefined && part.sinceTime === undefined;
  const ownLimits = part.until !== undefined || part.head !== undefined || part.stream !== undefined;
  if (!follow && isPlain(look) && !ownLimits && (isWhole || part.limitBytes !== undefined)) {
    const request = { ...startOf(options), limitBytes: part.limitBytes, timestamps: look.timestamps !== undefined };
    await copyLog({ api, target, request, signal }, output);
    return 0;
  }
  const { namespace, pod, container = '' } = target;
  const source: LogSource = { namespace, pod, container };
  const parts = { context: false, namespace: false, container: container !== '' };
  const show = await createShow(look, { prefixed: false, parts }, output);
  const tell = (event: LogEvent): void => {
    // That the one log ends is seen by the end of the command.
    if (event.type !== 'ended' || !event.final) session.teller.tell(event);
  };
  const logTarget: LogTarget = { namespace, pod, container: target.container };
  const common = { api, signal: AbortSignal.any([signal, session.over]), uid: target.uid, target: logTarget, source };
  const log = follow
    ? followPart(options, { ...common, startTimeoutMs: options.podRunningTimeout, onEvent: tell }, false)
    : limitPart(options, readLog({ ...common, start: startOf(options), stream: part.stream }));
  for await (const batch of log) await show(batch);
  return 0;
}

/** A pod or container that is not there is said as `kx exec` says it. */
async function explain({ api, signal }: Session, target: Target, thrown: unknown): Promise<KxError> {
  if (!(thrown instanceof KxError)) throw thrown;
  if (thrown.details['status'] === '404') {
    const explained = await explainExecFailure(api, target, thrown, signal);
    if (explained !== thrown && explained.code !== 'KX_TARGET_NOT_RUNNING') return explained;
    const { message, details } = thrown;
    const hint = 'the pod is there, but its kubelet does not know it: it may just have started, try again';
    return new KxError('KX_REMOTE', message, { details, hint, cause: thrown });
  }
  if (!/ is not valid for pod /.test(thrown.message) || target.container === undefined) return thrown;
  const { namespace, pod, container: name } = target;
  const sources = [{ kind: 'pod', name: pod } as const];
  try {
    await listContainers(api, { namespaces: [namespace], sources, containers: { name } }, { signal });
  } catch (error) {
    // It names those that there are.
    if (error instanceof KxError && error.code === 'KX_TARGET_NOT_FOUND') return error;
  }
  return thrown;
}
