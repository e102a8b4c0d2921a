import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { load } from 'js-yaml';
import { runKx } from '../support/program.ts';
import { startSandboxProcess, writeTokenKubeconfig, type SandboxProcess } from '../support/sandbox.ts';

interface Refusal {
  /** As in "exec REFUSAL is an error". */
  readonly what: string;
  readonly args: readonly string[];
  readonly code: string;
  readonly says: RegExp;
  /** Most errors of the user's own making say what to do. */
  readonly hints?: RegExp;
  /** The kubeconfig instead of the administrator's: a name in the folder of the test. */
  readonly kubeconfig?: string;
}

const refusals: readonly Refusal[] = [
  {
    what: 'without a pod',
    args: ['--', 'ls'],
    code: 'KX_USAGE',
    says: /pod, type\/name or --filename must be specified/,
  },
  { what: 'without a command', args: ['one'], code: 'KX_USAGE', says: /at least one command/, hints: /--/ },
  { what: 'with nothing behind --', args: ['one', '--'], code: 'KX_USAGE', says: /at least one command/ },
  {
    what: 'with a command and no --',
    args: ['one', 'ls'],
    code: 'KX_USAGE',
    says: /exec \[POD\] -- \[COMMAND\] instead/,
  },
  {
    what: 'with an unknown flag',
    args: ['--no-such-flag', 'one', '--', 'ls'],
    code: 'KX_USAGE',
    says: /--no-such-flag/,
  },
  { what: 'with an unknown short flag', args: ['-Z', 'one', '--', 'ls'], code: 'KX_USAGE', says: /-?Z/ },
  { what: 'with a bad duration', args: ['--timeout', 'soon', 'one', '--', 'ls'], code: 'KX_USAGE', says: /soon/ },
  { what: 'with a bad variable', args: ['--env', 'novalue', 'one', '--', 'ls'], code: 'KX_USAGE', says: /novalue/ },
  { what: 'with a bad key', args: ['--detach-keys', 'no-key', 'one', '--', 'ls'], code: 'KX_USAGE', says: /no-key/ },
  { what: 'of a kind that does not exist', args: ['nosuchkind/x', '--', 'ls'], code: 'KX_USAGE', says: /nosuchkind/ },
  {
    what: 'with flags that contradict each other',
    args: ['--no-wrap', '--env', 'A=b', 'one', '--', 'ls'],
    code: 'KX_USAGE',
    says: /--no-wrap/,
  },
  {
    what: 'in a pod that does not exist',
    args: ['nosuchpod', '--', 'ls'],
    code: 'KX_TARGET_NOT_FOUND',
    says: /nosuchpod/,
  },
  {
    what: 'in a workload that does not exist',
    args: ['deploy/nosuch', '--', 'ls'],
    code: 'KX_TARGET_NOT_FOUND',
    says: /nosuch/,
  },
  {
    what: 'in a container that does not exist',
    args: ['one', '-c', 'nosuchcontainer', '--', 'ls'],
    code: 'KX_TARGET_NOT_FOUND',
    says: /nosuchcontainer/,
  },
  {
    what: 'with --timeout where there is no shell',
    args: ['--timeout', '5s', 'scratch', '--', '/program'],
    code: 'KX_SHELL_MISSING',
    says: /\bsh\b/,
    hints: /nothing was run/i,
  },
  {
    what: 'with a missing manifest',
    args: ['-f', '/no/such/file', '--', 'ls'],
    code: 'KX_USAGE',
    says: /\/no\/such\/file/,
  },
  {
    what: 'in an unknown context',
    args: ['--context', 'nosuch', 'one', '--', 'ls'],
    code: 'KX_CONFIG',
    says: /nosuch/,
  },
  {
    what: 'as a user without rights',
    args: ['one', '--', 'ls'],
    code: 'KX_FORBIDDEN',
    says: /viewer/,
    kubeconfig: 'viewer',
  },
  {
    what: 'with an unknown token',
    args: ['one', '--', 'ls'],
    code: 'KX_UNAUTHENTICATED',
    says: /./,
    kubeconfig: 'stranger',
  },
  {
    what: 'with a broken kubeconfig',
    args: ['one', '--', 'ls'],
    code: 'KX_CONFIG',
    says: /broken/,
    kubeconfig: 'broken',
  },
  {
    what: 'with a missing kubeconfig',
    args: ['--kubeconfig', '/no/kubeconfig', 'one', '--', 'ls'],
    code: 'KX_CONFIG',
    says: /\/no\/kubeconfig/,
  },
  {
    what: 'at a server that is not there',
    args: ['one', '--', 'ls'],
    code: 'KX_UNREACHABLE',
    says: /127\.0\.0\.1/,
    kubeconfig: 'nobody-listens',
  },
];

suite('kx exec: what is refused', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
    await writeKubeconfigs(sandbox);
  });
  after(() => sandbox.close());

  for (const { what, args, code, says, hints, kubeconfig } of refusals) {
    test(`exec ${what} is an error in one line, with nothing on stdout`, async () => {
      const env = kubeconfig === undefined ? sandbox.env : { KUBECONFIG: join(sandbox.folder, kubeconfig) };
      const ended = await runKx(['exec', ...args], { env });
      const [first = '', ...others] = ended.stderr.trimEnd().split('\n');
      assert.match(first, new RegExp(`^error: .+ \\[${code}\\]$`));
      assert.match(first, says);
      assert.ok(others.length <= 1 && others.every((line) => line.startsWith('hint: ')), ended.stderr);
      if (hints !== undefined) assert.match(others.join(''), hints);
      assert.equal(ended.stdout.toString(), '');
      assert.equal(ended.code, 125);
    });
  }
});

async function writeKubeconfigs({ kubeconfig, folder }: SandboxProcess): Promise<void> {
  const { clusters } = load(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  };
  const { server, 'certificate-authority-data': authority } = clusters[0].cluster;
  writeTokenKubeconfig(join(folder, 'viewer'), server, authority, 'viewer-token');
  writeTokenKubeconfig(join(folder, 'stranger'), server, authority, 'no-such-token');
  writeTokenKubeconfig(join(folder, 'nobody-listens'), `https://127.0.0.1:${await freePort()}`, authority, 'x');
  writeFileSync(join(folder, 'broken'), 'apiVersion: v1\n  kind: [\n');
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
