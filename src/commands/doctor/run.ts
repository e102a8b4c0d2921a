import type { CommandContext } from '../../base-command.ts';
import { connect, describeConnection, type ApiClient, type ConnectionFlags } from '../../lib/kube/index.ts';
import { checkNamespace, parseReference, resolveTarget, type Reference, type Target } from '../../lib/target/index.ts';
import { apiserverTransport, targetingTransport } from '../../lib/transport/index.ts';
import { failed, limited, type Check } from './check.ts';
import { checkIdentity, checkKubeconfig, checkServer } from './connection.ts';
import { checkImage } from './image.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkRights } from './rights.ts';
import { ordinary } from './rights-table.ts';
import { rulesYaml } from './rules-yaml.ts';
import { checkIdle, checkThroughput, checkTransport, idleNotMeasured, type TransportResult } from './transport.ts';

/** What is asked of the doctor. */
export interface DoctorOptions {
  readonly reference: string | undefined;
  readonly container: string | undefined;
  /** Empty: what an ordinary user does is asked for, and the rest is looked at too. */
  readonly commands: readonly string[];
  /** All that there are rights to look at for. */
  readonly allCommands: readonly string[];
  /** Where helper pods are to be made; undefined: where the target is. */
  readonly helperNamespace: string | undefined;
  /** Milliseconds; undefined: not measured. */
  readonly idle: number | undefined;
  readonly connection: ConnectionFlags;
}

/** What the doctor found. */
export interface Report {
  /** Nothing that was asked for has failed. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** YAML to apply; '' where no right is missing that was asked for. */
  readonly rules: string;
}

/** Looks at one thing after the other, as far as the ones before allow; `tell` is told of each as it is done. */
export async function examine(
  options: DoctorOptions,
  { signal, log }: Pick<CommandContext, 'signal' | 'log'>,
  tell: (check: Check) => void,
): Promise<Report> {
  // What was typed wrong is said before anything is looked at.
  const reference = options.reference === undefined ? undefined : parseReference(options.reference);
  if (options.helperNamespace !== undefined) checkNamespace(options.helperNamespace);
  const checks: Check[] = [];
  const add = (...more: readonly Check[]): boolean => {
    for (const check of more) {
      signal.throwIfAborted();
      checks.push(check);
      tell(check);
    }
    return more.every(({ status }) => status !== 'failed');
  };
  let rules = '';
  const finish = (): Report => ({ ok: checks.every(({ status }) => status !== 'failed'), checks, rules });

  let api: ApiClient;
  try {
    const found = await describeConnection(options.connection, process.env);
    checkNamespace(found.namespace);
    if (!add(...checkKubeconfig(found))) return finish();
    api = await connect(options.connection, { env: process.env, log });
  } catch (error) {
    add(failed('kubeconfig', error));
    return finish();
  }
  const { checks: ofServer, version } = await checkServer(api, signal);
  if (!add(...ofServer) || version === undefined) return finish();
  const { check, identity } = await checkIdentity(api, signal);
  if (!add(check)) return finish();

  const target = reference === undefined ? undefined : await examineTarget(reference, options, api, signal, add);
  if (target === undefined) {
    add({ id: 'transport.apiserver', status: 'skipped', message: 'name a POD to run a command in it' });
  }

  const { checks: ofRights, failing } = await checkRights(
    api,
    {
      namespace: api.namespace,
      helperNamespace: options.helperNamespace ?? api.namespace,
      commands: options.commands.length > 0 ? options.commands : options.allCommands,
      asked: options.commands.length > 0 ? options.commands : ordinary,
      minor: version.minor,
      execWorks: target?.works === true,
      hasShell: target?.works === true ? target.hasShell : undefined,
    },
    signal,
  );
  add(...ofRights);
  rules = rulesYaml(failing, identity);
  add(await checkLeftovers(api, api.namespace, signal));
  return finish();
}

/** Looks at a container and every way to it. */
async function examineTarget(
  reference: Reference,
  options: DoctorOptions,
  api: ApiClient,
  signal: AbortSignal,
  add: (...checks: readonly Check[]) => boolean,
): Promise<Pick<TransportResult, 'works' | 'hasShell'>> {
  const { container } = options;
  const transport = targetingTransport(apiserverTransport(api), api, true, () => {});
  let target: Target;
  try {
    target = await resolveTarget(
      api,
      {
        reference,
        namespace: api.namespace,
        container,
        quiet: true,
        podRunningTimeoutMs: 1,
        signal: limited(signal, 15_000),
      },
      () => {},
    );
  } catch (error) {
    add(failed('target', error));
    return { works: false, hasShell: false };
  }
  const { checks, works, hasShell } = await checkTransport(api, transport, target, signal);
  const { namespace, pod, container: chosen } = transport.chosen(target);
  if (!checks.some(({ id }) => id === 'target'))
    add({
      id: 'target',
      status: 'ok',
      message: `pod ${pod}${chosen === undefined ? '' : `, container ${chosen}`} in namespace ${namespace}`,
      details: { namespace, pod, container: chosen ?? null },
    });
  add(...checks);
  if (!works) return { works, hasShell };
  add(await checkImage(transport, target, hasShell, signal));
  if (hasShell) add(await checkThroughput(transport, target, signal));
  add(
    options.idle === undefined ? idleNotMeasured : await checkIdle(api, transport.chosen(target), options.idle, signal),
  );
  return { works, hasShell };
}
