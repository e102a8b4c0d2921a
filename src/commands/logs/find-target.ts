import { KxError } from '../../lib/errors/index.ts';
import { checkNamespace, listContainers, parseReference, findLogPod, type Target } from '../../lib/target/index.ts';
import type { Session } from './session.ts';
import { namesContainer } from './show.ts';

/**
 * The one container that is meant. A plain pod costs no request: the server takes its only container. Of a TYPE/NAME it is
 * the pod that kubectl takes, which is said where there are several.
 */
export async function findTarget(session: Session): Promise<Target> {
  const { api, options, signal, say } = session;
  const { reference = '', container, namespaces } = options.which;
  const namespace = namespaces[0] ?? api.namespace;
  checkNamespace(namespace);
  const named = parseReference(reference);
  const chosen = container === undefined ? {} : { container };
  if (named.kind === 'pod') {
    const target = { namespace, pod: named.name, ...chosen };
    return container === undefined && namesContainer(options.look) ? chooseDefault(session, target) : target;
  }
  const { podRunningTimeout: podRunningTimeoutMs, quiet } = options;
  const found = await findLogPod(api, { of: named, namespace, quiet, podRunningTimeoutMs, signal }, say);
  if (found.count > 1 && !quiet) say(`Found ${found.count} pods, using pod/${found.pod}`);
  const target = { namespace, pod: found.pod, ...chosen };
  return container === undefined ? chooseDefault(session, target) : target;
}

/** The container that kubectl takes, with its line about that. `refusal`: of the server, to choose by itself. */
export async function chooseDefault(session: Session, target: Target, refusal?: KxError): Promise<Target> {
  const { api, options, signal, say } = session;
  const { namespace, pod } = target;
  const selection = { namespaces: [namespace], sources: [{ kind: 'pod', name: pod }], containers: 'default' } as const;
  try {
    const told = options.quiet ? {} : { say };
    const [first] = await listContainers(api, selection, { signal, ...told });
    return first === undefined ? target : { namespace, pod, container: first.container, uid: first.uid };
  } catch (error) {
    if (refusal === undefined || !(error instanceof KxError) || error.code !== 'KX_FORBIDDEN') throw error;
    throw new KxError('KX_TARGET_AMBIGUOUS', refusal.message, {
      cause: error,
      details: refusal.details,
      hint: 'name one with -c (without "get pods" kx cannot read which is the default)',
    });
  }
}
