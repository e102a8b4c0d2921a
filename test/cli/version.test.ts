import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { runKx } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

interface Versions {
  readonly clientVersion: { readonly version: string; readonly platform: string; readonly runtime: string };
  readonly serverVersion?: { readonly gitVersion: string };
}

suite('kx version', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
  });

  test('without --remote no server is needed, whatever the format', async () => {
    const env = { KUBECONFIG: '/nonexistent' };
    const [plain, json, yaml] = await Promise.all([
      runKx(['version', '-v', '0'], { env }),
      runKx(['version', '-o', 'json'], { env }),
      runKx(['version', '--output=yaml'], { env }),
    ]);
    const { clientVersion, ...rest } = JSON.parse(json.stdout.toString()) as Versions;
    assert.deepEqual(rest, {});
    assert.equal(plain.stdout.toString(), `kubectl-kx ${clientVersion.version} (${clientVersion.platform})\n`);
    assert.equal(
      yaml.stdout.toString(),
      `clientVersion:\n${Object.entries(clientVersion)
        .map(([name, value]) => `  ${name}: ${value}\n`)
        .join('')}`,
    );
    assert.deepEqual([plain.code, json.code, yaml.code], [0, 0, 0]);
  });

  test('--remote adds the version of the server', async () => {
    const { env } = sandbox;
    const plain = await runKx(['version', '--remote'], { env });
    const json = await runKx(['version', '--remote', '-o', 'json'], { env });
    const { serverVersion } = JSON.parse(json.stdout.toString()) as Versions;
    assert.match(serverVersion?.gitVersion ?? '', /^v1\.\d+\.\d+/);
    assert.match(plain.stdout.toString(), /^kubectl-kx .*\nKubernetes v1\.\d+\.\d+.* \(.+\/.+\)\n$/);
    assert.deepEqual([plain.code, plain.stderr], [0, '']);
  });

  test('a server that cannot be asked is an error after the version of kx', async () => {
    const { code, stdout, stderr } = await runKx(['version', '--remote', '-s', 'https://127.0.0.1:1'], {
      env: sandbox.env,
    });
    assert.equal(code, 125);
    assert.match(stdout.toString(), /^kubectl-kx .*\n$/);
    assert.match(stderr, /^error: cannot reach the server 127\.0\.0\.1:1: .* \[KX_UNREACHABLE\]/);
  });
});
