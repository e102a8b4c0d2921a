import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { KxError } from '../../src/lib/errors/index.ts';
import { connect, type ApiClient } from '../../src/lib/kube/index.ts';
import {
  chooseContainer,
  explainExecFailure,
  needsContainerChoice,
  parseReference,
  resolveTarget,
  type Target,
  type TargetRequest,
} from '../../src/lib/target/index.ts';
import { apiserverTransport } from '../../src/lib/transport/index.ts';
import { clusterKubeconfig, clusterNamespace } from '../support/cluster.ts';
import { endAfterwards } from '../support/ending.ts';

const kubeconfig = clusterKubeconfig();
const ownKubectl = join(dirname(kubeconfig), 'bin', 'kubectl');
const program = existsSync(ownKubectl) ? ownKubectl : 'kubectl';

function api(context = 'kx'): Promise<ApiClient> {
  return connect({ kubeconfig, context }, { env: process.env, log: () => {} });
}

/** Runs stock kubectl; an exit code other than 0 is an answer. */
async function kubectl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const all = ['--kubeconfig', kubeconfig, '--context', 'kx', ...args];
  return promisify(execFile)(program, all).catch((error: unknown) => error as { stdout: string; stderr: string });
}

async function resolve(
  reference: string,
  more: Partial<TargetRequest> = {},
  say: (line: string) => void = () => {},
): Promise<Target> {
  const request = { reference: parseReference(reference), namespace: clusterNamespace, quiet: false };
  return resolveTarget(await api(), { ...request, podRunningTimeoutMs: 60_000, ...more }, say);
}

/** The error that a real exec of `true` ends with, after it was explained. */
async function refusedExec(target: Target): Promise<KxError> {
  const client = await api();
  const command = { command: ['true'], stdin: false, tty: null };
  const error: unknown = await apiserverTransport(client)
    .exec(target, command)
    .then(async (remote) => {
      remote.stdout.resume();
      remote.stderr?.resume();
      return remote.exit;
    })
    .catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, JSON.stringify(error));
  return explainExecFailure(client, target, error);
}

async function refusal(promise: Promise<unknown>): Promise<KxError> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, String(error));
  return error;
}

suite('a target is the choice of stock kubectl', () => {
  for (const reference of ['deploy/web', 'svc/web', 'sts/db', 'ds/ds', 'rs/rs', 'rc/rc', 'job/job']) {
    test(`for ${reference}`, async () => {
      const said: string[] = [];
      const target = await resolve(reference, {}, (line) => said.push(line));
      const { stdout, stderr } = await kubectl('exec', '-n', clusterNamespace, reference, '--', 'hostname');
      assert.equal(target.pod, stdout.trim());
      assert.deepEqual(said.join('\n'), stderr.trim());
      assert.ok(target.uid);
    });
  }

  test('and the newest active Job for a CronJob, which kubectl does not take', async () => {
    const { pod } = await resolve('cronjob/cron');
    const { stdout } = await kubectl('get', 'pods', '-n', clusterNamespace, '-l', 'app=cron', '-o', 'name');
    assert.ok(stdout.includes(`pod/${pod}\n`), stdout);
  });

  test('for the default container of a pod that has several', async () => {
    const client = await api();
    const target = await resolve('two');
    const refused = await refusal(
      apiserverTransport(client).exec(target, { command: ['true'], stdin: false, tty: null }),
    );
    assert.ok(needsContainerChoice(refused), refused.message);
    const said: string[] = [];
    const chosen = await chooseContainer(client, target, { refusal: refused, quiet: false }, (line) => said.push(line));
    assert.equal(chosen.container, 'a');
    const { stderr } = await kubectl('exec', '-n', clusterNamespace, 'two', '--', 'true');
    assert.equal(said.join('\n'), stderr.trim());

    const unread = await refusal(
      chooseContainer(await api('kx-create-only'), target, { refusal: refused, quiet: false }, () => {}),
    );
    assert.equal(unread.code, 'KX_TARGET_AMBIGUOUS');
    assert.match(unread.hint ?? '', /-c: first, a, b, debugger /);
  });
});

suite('a target that cannot be had is refused in the words of stock kubectl', () => {
  const cases: readonly (readonly [what: string, reference: string, container: string | undefined])[] = [
    ['a wrong container', 'two', 'nope'],
    ['a wrong container of a workload', 'deploy/web', 'nope'],
    ['a completed pod', 'completed', undefined],
    ['a Service without a selector', 'svc/no-selector', undefined],
  ];
  for (const [what, reference, container] of cases) {
    test(what, async () => {
      const error = await resolve(reference, { container }).then(refusedExec, (thrown: unknown) => thrown as KxError);
      const flags = container === undefined ? [] : ['-c', container];
      const { stderr } = await kubectl('exec', '-n', clusterNamespace, reference, ...flags, '--', 'true');
      assert.ok(stderr.startsWith('error: ') && stderr.trim().endsWith(error.message), `${error.message} / ${stderr}`);
    });
  }

  test('except that similar names are named for a pod that does not exist', async () => {
    const error = await refusedExec(await resolve('tow'));
    assert.equal(error.code, 'KX_TARGET_NOT_FOUND');
    assert.equal(error.message, `pod "tow" not found in namespace "${clusterNamespace}"`);
    const other = await refusedExec(await resolve('distrolss'));
    assert.equal(other.hint, 'did you mean distroless?');
  });

  test('and similar names are named for a workload that does not exist', async () => {
    const error = await refusal(resolve('deploy/wep'));
    assert.equal(error.message, `deployment "wep" not found in namespace "${clusterNamespace}"`);
    assert.equal(error.hint, 'did you mean web?');
  });

  test('and an init container that has ended', async () => {
    const error = await refusedExec({ namespace: clusterNamespace, pod: 'two', container: 'first' });
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.match(
      error.message,
      /^container "first" of pod "two" is not running: it has ended \(exit code 0, Completed\)$/,
    );
  });
});

suite('a workload without a pod', () => {
  const waitsForImage = '--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImageNeverPull';
  const namespace = `kx-target-${process.pid}`;
  before(() => kubectl('create', 'namespace', namespace));
  endAfterwards(() => kubectl('delete', 'namespace', namespace, '--wait=false'));

  test('is waited for until a pod appears, whose container need not run yet', async () => {
    await kubectl('create', 'deployment', 'late', '--image=kx-no-such-image:local', '--replicas=0', '-n', namespace);
    const policy =
      '{"spec":{"template":{"spec":{"containers":[{"name":"kx-no-such-image","imagePullPolicy":"Never"}]}}}}';
    await kubectl('patch', 'deployment', 'late', '-n', namespace, '-p', policy);
    const said: string[] = [];
    const scaled: Promise<unknown>[] = [];
    const target = await resolve('deploy/late', { namespace }, (line) => {
      said.push(line);
      scaled.push(kubectl('scale', 'deployment/late', '--replicas=1', '-n', namespace));
    });
    await Promise.all(scaled);
    assert.deepEqual(said, ['Waiting up to 60s for a pod of deployment/late (it is scaled to 0 replicas)']);
    assert.match(target.pod, /^late-/);

    await kubectl('wait', `pod/${target.pod}`, '-n', namespace, '--timeout=60s', waitsForImage);
    const error = await refusedExec(target);
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.match(error.message, /is not running: it is waiting \(ErrImageNeverPull\)$/);
  });
});
