import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clusterNamespace, foreignCluster } from '../support/cluster.ts';
import { kubectl, kxExec } from './support.ts';

const account = (name: string): string => `system:serviceaccount:${clusterNamespace}:${name}`;

suite('what a user may', () => {
  const needs = (verb: string, user: string): RegExp =>
    new RegExp(
      `must allow the verb "${verb}" on "pods/exec" to user "${account(user)}"; .*"get" and, since .*"create" too`,
    );
  const cases: readonly (readonly [context: string, ok: boolean, line?: RegExp, hint?: RegExp])[] = [
    ['kx-full', true],
    ['kx-get-only', false, /pods "one" is forbidden/, /the verb "create" on "pods\/exec", besides "get"$/],
    ['kx-create-only', true],
    ['kx-none', false, /cannot get resource "pods\/exec"/, needs('get', 'none')],
    ...(foreignCluster
      ? []
      : ([
          ['kx-old-full', true],
          ['kx-old-get-only', true],
          ['kx-old-create-only', true],
          ['kx-old-none', false, /cannot get resource "pods\/exec"/, needs('get', 'none')],
        ] as const)),
  ];
  for (const [context, ok, line, hint] of cases) {
    test(`${context} ${ok ? 'may exec, by a token' : 'is told what is missing'}`, async () => {
      for (const flags of [[], ['-i'], ['--timeout', '30s']]) {
        const { code, stdout, stderr } = await kxExec([...flags, 'one', '--', 'echo', 'hi'], { context });
        if (ok) {
          assert.deepEqual([code, stdout.toString(), stderr], [0, 'hi\n', '']);
          continue;
        }
        assert.deepEqual([code, stdout.toString()], [125, '']);
        const [error = '', advice = '', ...more] = stderr.trimEnd().split('\n');
        assert.match(error, line!);
        assert.match(error, / \[KX_FORBIDDEN\]$/);
        assert.match(advice, hint!);
        assert.deepEqual(more, []);
      }
    });
  }

  test('to exec into a workload needs to get it, and that is said', async () => {
    const { code, stderr } = await kxExec(['deploy/web', '--', 'true'], { context: 'kx-none' });
    assert.equal(code, 125);
    assert.match(stderr, /hint: .* must allow the verb "get" on "deployments" in API group "apps" to user/);
  });

  test('a plain pod needs no right to get pods', { skip: foreignCluster }, async () => {
    const { code } = await kxExec(['one', '--', 'true'], { context: 'kx-old-get-only' });
    assert.equal(code, 0);
    assert.match(await kubectl('auth', 'can-i', 'list', 'pods', '--as', account('get-only')).catch(() => 'no'), /no/);
  });
});

suite('impersonation', () => {
  test('shows the server the user that is meant', async () => {
    const { code, stderr } = await kxExec(['--as', 'jane', '--as-group', 'devs', 'one', '--', 'true']);
    assert.equal(code, 125);
    assert.match(stderr, /User "jane" cannot get resource "pods\/exec"/);
  });

  test('gives the rights of a group, and of every group that is named', async () => {
    for (const groups of [['system:masters'], ['devs', 'system:masters']]) {
      const flags = groups.flatMap((group) => ['--as-group', group]);
      const { code, stderr } = await kxExec(['--as', 'jane', ...flags, '--as-uid', '42', 'one', '--', 'true']);
      assert.deepEqual([code, stderr], [0, '']);
    }
  });

  test('that is not allowed names the right to it', async () => {
    const { code, stderr } = await kxExec(['--as', 'jane', 'one', '--', 'true'], { context: 'kx-full' });
    assert.equal(code, 125);
    assert.match(stderr, /hint: a ClusterRole must allow the verb "impersonate" on users/);
  });
});
