import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { KxError } from '../../../src/lib/errors/index.ts';
import { addHelperContainer } from '../../../src/lib/helper-container/index.ts';
import type { EphemeralContainer } from '../../../src/lib/helper-container/manifest.ts';
import type { Pod } from '../../../src/lib/target/index.ts';
import { failure, startApiServer, type Answer } from '../target/api-server.ts';
import { pod } from '../target/objects.ts';

const path = '/api/v1/namespaces/shop/pods/web';
const subresource = `${path}/ephemeralcontainers`;
const controller = new AbortController();

/** What adding a helper to the pod `web` is refused with, and what was said before. */
async function refused(
  answers: Record<string, Answer>,
  podTimeoutMs = 60_000,
): Promise<{ error: KxError; said: string[] }> {
  const server = await startApiServer(answers);
  const said: string[] = [];
  const target = { namespace: 'shop', pod: 'web', container: 'app' };
  const options = { image: 'tools:1', podTimeoutMs, signal: controller.signal, say: (line: string) => said.push(line) };
  const error: unknown = await addHelperContainer(server.api, target, options).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, String(error));
  return { error, said };
}

/** A server that takes the patch, and whose node says these states of the new container one after the other. */
function accepting(patches: unknown[], states: readonly object[]): Record<string, Answer> {
  let helper: EphemeralContainer | undefined;
  const left = [...states];
  const json = { 'content-type': 'application/json' };
  return {
    [subresource]: (request, response) => {
      void text(request).then((body) => {
        const patch = JSON.parse(body) as { spec: { ephemeralContainers: [EphemeralContainer] } };
        helper = patch.spec.ephemeralContainers[0];
        patches.push({ method: request.method, type: request.headers['content-type'], patch });
        response.writeHead(200, json).end(JSON.stringify(pod('web')));
      });
    },
    [path]: (_request, response) => {
      const state = helper === undefined ? undefined : left.length > 1 ? left.shift() : left[0];
      const status = { ephemeralContainerStatuses: state === undefined ? [] : [{ name: helper?.name, state }] };
      response.writeHead(200, json).end(JSON.stringify(pod('web', { status })));
    },
  };
}

suite('a helper container', () => {
  test('is said before it is added, by a patch of the one pod that was read', async () => {
    const patches: { patch: { metadata: object }; method: string; type: string }[] = [];
    const ended = { terminated: { exitCode: 1, reason: 'Error', message: 'no sleep\nhere' } };
    const { error, said } = await refused(accepting(patches, [{ waiting: { reason: 'ContainerCreating' } }, ended]));
    assert.match(
      said.join('\n'),
      /^Adding the helper container kx-cp-\w{5} \(tools:1\) to pod web: .* until the pod ends$/,
    );
    assert.deepEqual(
      patches.map(({ method, type, patch }) => [method, type, patch.metadata]),
      [['PATCH', 'application/strategic-merge-patch+json', { uid: 'uid-of-web' }]],
    );
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.match(error.message, /^the helper container kx-cp-\w{5} of pod web does not start: Error: no sleep here$/);
  });

  test('whose image cannot be pulled ends the wait with the words of the kubelet', async () => {
    const { error } = await refused(accepting([], [{ waiting: { reason: 'ErrImagePull', message: 'no such host' } }]));
    assert.match(error.message, /does not start: ErrImagePull: no such host$/);
    assert.match(error.hint ?? '', /the image tools:1/);
  });

  test('that does not run in time is refused with what its node says', async () => {
    const { error } = await refused(accepting([], [{ waiting: { reason: 'ContainerCreating' } }]), 0);
    assert.match(error.message, /did not start within 0 s: ContainerCreating$/);
  });

  const unfit: readonly (readonly [string, Pod, RegExp])[] = [
    ['a static pod', pod('web', { annotations: { 'kubernetes.io/config.mirror': 'x' } }), /the pod is a static pod/],
    ['a Windows pod', withSpec({ os: { name: 'windows' } }), /a Windows pod has no \/proc/],
    ['a user that nothing names', withSpec({ securityContext: { runAsNonRoot: true } }), /nothing says as which user/],
  ];
  for (const [what, of, because] of unfit) {
    test(`is not tried for ${what}`, async () => {
      const { error, said } = await refused({ [path]: of });
      assert.deepEqual([error.code, said], ['KX_SHELL_MISSING', []]);
      assert.match(error.message, /^container app of pod web has no sh, and a helper container cannot stand in: /);
      assert.match(error.message, because);
      assert.match(error.hint ?? '', /run the container from an image that has sh, or mount its volume/);
    });
  }

  const refusals: readonly (readonly [string, object | undefined, string, RegExp])[] = [
    ['an old server', undefined, 'KX_SHELL_MISSING', /the server has no ephemeral containers/],
    [
      'admission',
      failure(400, 'BadRequest', 'admission webhook "p" denied the request: no'),
      'KX_REMOTE',
      /webhook "p" denied/,
    ],
    [
      'a pod created again',
      failure(409, 'Conflict', 'Precondition failed: UID'),
      'KX_TARGET_CHANGED',
      /Precondition failed/,
    ],
    [
      'a pod that is gone',
      failure(404, 'NotFound', 'pods "web" not found'),
      'KX_TARGET_NOT_FOUND',
      /pods "web" not found/,
    ],
  ];
  for (const [what, answer, code, message] of refusals) {
    test(`that ${what} refuses is a clear error`, async () => {
      const { error } = await refused({
        [path]: pod('web'),
        ...(answer === undefined ? {} : { [subresource]: answer }),
      });
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }
});

function withSpec(more: Partial<NonNullable<Pod['spec']>>): Pod {
  const plain = pod('web');
  assert.ok(plain.spec);
  return { ...plain, spec: { ...plain.spec, ...more } };
}
