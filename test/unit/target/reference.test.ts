import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { formatReference, parseReference } from '../../../src/lib/target/index.ts';

const good: readonly (readonly [string, string])[] = [
  ['web', 'pod/web'],
  ['web-7d9f.x', 'pod/web-7d9f.x'],
  ['0', 'pod/0'],
  ['deploy', 'pod/deploy'],
  ['pod/web', 'pod/web'],
  ['po/web', 'pod/web'],
  ['pods/web', 'pod/web'],
  ['PODS/web', 'pod/web'],
  ['pods.v1/web', 'pod/web'],
  ['pods.v1./web', 'pod/web'],
  ['deployment/web', 'deployment/web'],
  ['deploy/web', 'deployment/web'],
  ['deployments/web', 'deployment/web'],
  ['Deployment/web', 'deployment/web'],
  ['deployments.apps/web', 'deployment/web'],
  ['deploy.apps/web', 'deployment/web'],
  ['deployments.v1.apps/web', 'deployment/web'],
  ['Deployment.v1.apps/web', 'deployment/web'],
  ['replicaset/web', 'replicaset/web'],
  ['rs/web', 'replicaset/web'],
  ['replicasets.apps/web', 'replicaset/web'],
  ['replicationcontroller/web', 'replicationcontroller/web'],
  ['rc/web', 'replicationcontroller/web'],
  ['replicationcontrollers/web', 'replicationcontroller/web'],
  ['statefulset/web', 'statefulset/web'],
  ['sts/web', 'statefulset/web'],
  ['StatefulSets.apps/web', 'statefulset/web'],
  ['daemonset/web', 'daemonset/web'],
  ['ds/web', 'daemonset/web'],
  ['job/web', 'job/web'],
  ['jobs/web', 'job/web'],
  ['jobs.batch/web', 'job/web'],
  ['jobs.v1.batch/web', 'job/web'],
  ['service/web', 'service/web'],
  ['svc/web', 'service/web'],
  ['services/web', 'service/web'],
  ['cronjob/web', 'cronjob/web'],
  ['cj/web', 'cronjob/web'],
  ['cronjobs.batch/web', 'cronjob/web'],
];

const bad: readonly (readonly [text: string, message: RegExp, hint?: RegExp])[] = [
  ['', /^pod, type\/name or --filename must be specified$/],
  ['deploy/', /^arguments in resource\/name form must have a single resource and name: "deploy\/"$/],
  ['/web', /must have a single resource and name/],
  ['/', /must have a single resource and name/],
  ['pod,svc/web', /must have a single resource and name/],
  ['shop/deploy/web', /^arguments in resource\/name form may not have more than one slash: /, /-n/],
  ['pod/../../nodes', /more than one slash/],
  [
    'deplyoment/web',
    /^"deplyoment" is not a kind of object that has pods/,
    /^did you mean deployment\? kx takes pod, dep/,
  ],
  ['statefulsts/web', /not a kind/, /^did you mean statefulset\?/],
  ['node/web', /^node "web" is no container$/, /^kubectl kx privileged-exec node\/web /],
  ['thing/web', /^"thing" is not a kind/, /^kx takes pod, deployment, .*cronjob$/],
  ['secrets/web', /not a kind/],
  ['deployments.batch/web', /not a kind/],
  ['deployments.v1beta1.apps/web', /not a kind/],
  ['deployments.v1/web', /not a kind/],
  ['pods.apps/web', /not a kind/],
  ['constructor/web', /not a kind/],
  ['..', /^"\.\." cannot be the name of a pod$/, /lower-case/],
  ['.', /cannot be the name/],
  ['pod/..', /^"\.\." cannot be the name of a pod$/],
  ['deploy/.', /cannot be the name of a deployment/],
  ['..%2f..%2fnodes', /cannot be the name/],
  ['web?container=x', /cannot be the name/],
  ['web#x', /cannot be the name/],
  ['web\\x', /cannot be the name/],
  ['Web', /cannot be the name/],
  ['my_pod', /cannot be the name/],
  ['-web', /cannot be the name/],
  ['web-', /cannot be the name/],
  ['a..b', /cannot be the name/],
  ['a.-b', /cannot be the name/],
  [' web', /cannot be the name/],
  ['web\n', /^"web\\n" cannot be the name of a pod$/],
  ['\u001b[31mweb', /^"\\u001b\[31mweb" cannot be/],
  ['wéb', /cannot be the name/],
  ['a'.repeat(254), /cannot be the name/],
];

suite('a reference', () => {
  for (const [text, meaning] of good) {
    test(`${text} means ${meaning}`, () => {
      assert.equal(formatReference(parseReference(text)), meaning);
    });
  }

  test('takes a name of 253 characters', () => {
    const name = 'a'.repeat(253);
    assert.deepEqual(parseReference(name), { kind: 'pod', name });
  });

  for (const [text, message, hint] of bad) {
    test(`${JSON.stringify(text.slice(0, 40))} is refused in one line`, () => {
      assert.throws(
        () => parseReference(text),
        (error: unknown) => {
          assert.ok(error instanceof KxError);
          assert.equal(error.code, 'KX_USAGE');
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /[\r\n\u001b]/);
          if (hint !== undefined) assert.match(error.hint ?? '', hint);
          return true;
        },
      );
    });
  }
});
