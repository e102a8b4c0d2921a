import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { forbiddenMessage, isAllowed } from '../../../src/services/sandbox/auth/authorize.ts';
import { anonymous, identityOf, type SandboxUser } from '../../../src/services/sandbox/auth/users.ts';

const bob: SandboxUser = {
  name: 'bob',
  token: 't',
  uid: '',
  groups: [],
  rules: [
    { verbs: ['get', 'list'], apiGroups: ['', 'apps'], resources: ['pods', 'deployments'] },
    { verbs: ['*'], resources: ['pods/exec'], namespaces: ['dev'], resourceNames: ['web'] },
  ],
};
const pods = { group: '', resource: 'pods', namespace: 'default', name: undefined };
const exec = { verb: 'create', group: '', resource: 'pods/exec', namespace: 'dev', name: 'web' };

suite('authorization', () => {
  for (const [what, allowed, wanted] of [
    ['what a rule names', true, { ...pods, verb: 'list' }],
    ['another verb', false, { ...pods, verb: 'delete' }],
    ['another group', false, { ...pods, verb: 'list', group: 'batch' }],
    ['a subresource of its own', true, exec],
    ['that subresource in another namespace', false, { ...exec, namespace: 'default' }],
    ['that subresource of another object', false, { ...exec, name: 'db' }],
    ['a subresource by the right to its resource', false, { ...exec, resource: 'pods/log', verb: 'get' }],
    ['discovery', true, { verb: 'get', path: '/apis/apps/v1' }],
    ['a path that nobody named', false, { verb: 'get', path: '/metrics' }],
  ] as const) {
    test(`${allowed ? 'allows' : 'refuses'} ${what}`, () => {
      assert.equal(isAllowed(identityOf(bob), [bob], wanted), allowed);
    });
  }

  test('allows everything to system:masters', () => {
    assert.ok(isAllowed({ name: 'x', uid: '', groups: ['system:masters'] }, [], exec));
  });

  test('allows health and nothing else to nobody in particular', () => {
    assert.ok(isAllowed(anonymous, [bob], { verb: 'get', path: '/readyz' }));
    assert.ok(!isAllowed(anonymous, [bob], { verb: 'get', path: '/api' }));
  });

  test('says what is missing in the words of the apiserver', () => {
    assert.equal(
      forbiddenMessage(identityOf(bob), { ...exec, namespace: 'default' }),
      'pods "web" is forbidden: User "bob" cannot create resource "pods/exec" in API group "" in the namespace "default"',
    );
    assert.equal(
      forbiddenMessage(identityOf(bob), {
        verb: 'list',
        group: '',
        resource: 'nodes',
        namespace: undefined,
        name: undefined,
      }),
      'nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope',
    );
  });
});
