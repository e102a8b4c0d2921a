import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCalled } from '../../../src/cli/called-as.ts';
import { platformName } from '../../../src/cli/version.ts';

const names: [string, string][] = [
  ['kubectl-kx', 'kubectl kx exec'],
  ['/home/me/.krew/bin/kubectl-kx', 'kubectl kx exec'],
  ['C:\\krew\\bin\\kubectl-kx.exe', 'kubectl kx exec'],
  ['/usr/bin/kubectl-exec_kx', 'kubectl exec-kx exec'],
  ['C:\\krew\\bin\\kubectl-exec_kx.EXE', 'kubectl exec-kx exec'],
  ['/opt/kx', 'kubectl kx exec'],
  ['node', 'kubectl kx exec'],
];

for (const [calledAs, text] of names) {
  test(`called as ${calledAs}, the help says "${text}"`, () => {
    assert.equal(asCalled('kubectl kx exec', calledAs), text);
  });
}

test('platforms have the names of Go, as in the archives of a release', () => {
  assert.equal(platformName({ platform: 'linux', arch: 'x64' }), 'linux/amd64');
  assert.equal(platformName({ platform: 'darwin', arch: 'arm64' }), 'darwin/arm64');
  assert.equal(platformName({ platform: 'win32', arch: 'x64' }), 'windows/amd64');
});
