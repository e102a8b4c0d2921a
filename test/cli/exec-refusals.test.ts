import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { runKx } from '../support/program.ts';
import { assertRefused, type Refusal } from '../support/refusals.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

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
    args: ['--context', 'sandbox-viewer', 'one', '--', 'ls'],
    code: 'KX_FORBIDDEN',
    says: /viewer/,
    hints: /pods\/exec/,
  },
  {
    what: 'with an unknown token',
    args: ['--context', 'sandbox-viewer', '--token', 'no-such-token', 'one', '--', 'ls'],
    code: 'KX_UNAUTHENTICATED',
    says: /./,
  },
  {
    what: 'with a missing kubeconfig',
    args: ['--kubeconfig', '/no/kubeconfig', 'one', '--', 'ls'],
    code: 'KX_CONFIG',
    says: /\/no\/kubeconfig/,
  },
];

suite('kx exec: what is refused', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
  });

  const refuses = async (args: readonly string[], refusal: Omit<Refusal, 'what' | 'args'>) =>
    assertRefused(await runKx(['exec', ...args], { env: sandbox.env }), refusal);

  for (const { what, args, ...refusal } of refusals) {
    test(`exec ${what} is an error in one line, with nothing on stdout`, () => refuses(args, refusal));
  }

  test('exec with a broken kubeconfig is an error that names the file', async () => {
    const broken = join(sandbox.folder, 'broken');
    writeFileSync(broken, 'apiVersion: v1\n  kind: [\n');
    await refuses(['--kubeconfig', broken, 'one', '--', 'ls'], { code: 'KX_CONFIG', says: /broken/ });
  });

  test('exec at a server that is not there is an error that names the server', async () => {
    const server = `https://127.0.0.1:${await freePort()}`;
    await refuses(['--server', server, 'one', '--', 'ls'], { code: 'KX_UNREACHABLE', says: /127\.0\.0\.1:\d+/ });
  });
});
