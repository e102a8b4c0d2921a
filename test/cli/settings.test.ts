import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { runKx } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

suite('settings: values for flags from a file and the environment', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
  });

  /** Runs kx with a settings file. */
  const kx = async (settings: string, args: readonly string[], env: Record<string, string> = {}) => {
    const file = join(sandbox.folder, 'config.yaml');
    writeFileSync(file, settings);
    const { code, stdout, stderr } = await runKx(args, { env: { ...sandbox.env, KX_CONFIG: file, ...env } });
    return { code, stdout: stdout.toString(), stderr: stderr.replaceAll(file, 'FILE') };
  };
  const workdir = ['exec', 'one', '--', 'pwd'];

  test('a default counts where the flag is not given, and -v says so', async () => {
    const settings = 'defaults:\n  exec:\n    workdir: /usr\n    v: 1\n';
    const { code, stdout, stderr } = await kx(settings, workdir);
    assert.deepEqual([code, stdout], [0, '/usr\n']);
    assert.match(stderr, /^--workdir=\/usr by FILE:3$/m);
  });

  test('a flag goes before the environment, that before the context, and that before the defaults', async () => {
    const [, context = ''] = /current-context"?: "?([\w-]+)/.exec(readFileSync(sandbox.kubeconfig, 'utf8')) ?? [];
    const settings = [
      'defaults: {exec: {workdir: /usr}}',
      `contexts: {${context}: {defaults: {exec: {workdir: /usr/bin}}}, other: {defaults: {exec: {workdir: /nowhere}}}}`,
    ].join('\n');
    assert.equal((await kx(settings, workdir)).stdout, '/usr/bin\n');
    assert.equal((await kx(settings, workdir, { KX_WORKDIR: '/etc' })).stdout, '/etc\n');
    const given = await kx(settings, ['exec', '--workdir', '/', 'one', '--', 'pwd'], { KX_WORKDIR: '/etc' });
    assert.equal(given.stdout, '/\n');
  });

  test('a flag that is off on the command line is off', async () => {
    const settings = 'defaults: {exec: {dry-run: true}}';
    assert.equal((await kx(settings, ['exec', '--dry-run=false', 'one', '--', 'echo', 'ran'])).stdout, 'ran\n');
    assert.doesNotMatch((await kx(settings, ['exec', 'one', '--', 'echo', 'ran'])).stdout, /^ran$/m);
  });

  test('a flag that takes several values takes those of the command line only, where it has some', async () => {
    const settings = 'defaults: {exec: {env: [A=1, B=2]}}';
    const show = ['--', 'sh', '-c', 'echo $A$B$C'];
    assert.equal((await kx(settings, ['exec', 'one', ...show])).stdout, '12\n');
    assert.equal((await kx(settings, ['exec', 'one', '--env', 'C=3', ...show])).stdout, '3\n');
  });

  test('kx logs takes its settings', async () => {
    const all = await kx('', ['logs', 'one']);
    assert.equal(all.code, 0);
    const { code, stdout } = await kx('defaults: {logs: {output: json}}', ['logs', 'one']);
    assert.equal(code, 0);
    for (const line of stdout.split('\n').filter((text) => text !== '')) JSON.parse(line);
  });

  const mistakes: [string, string, string][] = [
    [
      'defaults:\n  exec:\n    tiemout: 1s\n',
      'FILE:3: there is no setting defaults.exec.tiemout',
      'did you mean timeout?',
    ],
    ['defaults:\n  exce: {}\n', 'FILE:2: there is no setting defaults.exce', 'did you mean exec?'],
    [
      'defaults:\n  exec:\n    token: secret\n',
      'FILE:3: defaults.exec.token cannot be set in a file: how to connect is said by the kubeconfig',
      '',
    ],
    [
      'defaults:\n  logs:\n    insecure-skip-tls-verify-backend: true\n',
      'FILE:3: defaults.logs.insecure-skip-tls-verify-backend cannot be set in a file: how to connect is said by the kubeconfig',
      '',
    ],
    [
      'defaults:\n  exec:\n    timeout: soon\n',
      'FILE:3: invalid argument "soon" for "--timeout" flag: time: invalid duration "soon"',
      '',
    ],
  ];
  for (const [settings, message, hint] of mistakes) {
    test(`${JSON.stringify(settings)} is KX_CONFIG, and nothing is run`, async () => {
      const { code, stdout, stderr } = await kx(settings, ['exec', 'one', '--', 'echo', 'ran']);
      assert.deepEqual([code, stdout], [125, '']);
      assert.equal(stderr, `error: ${message} [KX_CONFIG]\n${hint === '' ? '' : `hint: ${hint}\n`}`);
    });
  }

  test('help needs no settings, however wrong they are', async () => {
    const { code, stdout, stderr } = await kx('nonsense: 1', ['exec', '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /Usage:/);
  });

  test('variables never say how to connect', async () => {
    const { code, stdout } = await kx('', ['exec', 'one', '--', 'echo', 'ran'], {
      KX_TOKEN: 'x',
      KX_SERVER: 'https://[::1]:1',
    });
    assert.deepEqual([code, stdout], [0, 'ran\n']);
  });
});
