import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { kxBinary, run, runKx } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import { endAfterwards } from '../support/ending.ts';

/** What kx answers to a line that ends in a TAB, its last line apart. */
async function complete(line: string, env: Readonly<Record<string, string | undefined>>, cwd?: string) {
  const { code, stdout, stderr } = await runKx(['__complete', ...line.split(' ')], { env, cwd });
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.toString().trimEnd().split('\n');
  return { names: lines.slice(0, -1).map((each) => each.replace(/\t.*/, '')), directive: lines.at(-1), lines };
}

suite('completion of kx', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess();
    const made = await runKx(
      ['exec', 'one', '--', 'sh', '-c', 'mkdir -p /srv/dir /srv/.hidden; : >"/srv/a b"; : >/srv/-x'],
      sandbox,
    );
    assert.equal(made.code, 0, made.stderr);
  });

  const cases: readonly (readonly [what: string, line: string, names: readonly string[], directive: string])[] = [
    ['commands by their beginning', 'fan', ['fanout-exec', 'fanout'], ':4'],
    ['commands for help', 'help sand', ['sandbox'], ':4'],
    ['a command behind flags', '-n default exe', ['exec'], ':4'],
    ['long flags', 'exec --as-', ['--as-group', '--as-uid'], ':4'],
    ['what an argument may be', 'config ', ['view', 'path'], ':4'],
    ['what a flag may be', 'cp --progress ', ['auto', 'plain', 'none'], ':4'],
    ['what a flag may be, in the same word', 'cp --progress=pl', ['plain'], ':4'],
    ['pods', 'exec o', ['old', 'one'], ':4'],
    ['pods, whatever the flags before them', 'exec -it -c main --timeout 5s on', ['one'], ':4'],
    ['pods of another namespace: none', 'exec -n kube-system o', [], ':4'],
    ['kinds, when nothing else fits', 'exec repl', ['replicaset/', 'replicationcontroller/'], ':6'],
    ['contexts', 'exec --context sandbox-', ['sandbox-viewer'], ':4'],
    ['users', 'exec --user sandbox-v', ['sandbox-viewer'], ':4'],
    ['nodes', 'fanout --node ', ['node-1'], ':4'],
    ['hosts', 'fanout nod', ['node/'], ':6'],
    ['hosts behind node/', 'pexec node/', ['node/node-1'], ':4'],
    ['hosts by the short word for nodes', 'fanout no/n', ['no/node-1'], ':4'],
    ['hosts for an end of a copy', 'cp node/', ['node/node-1:'], ':2'],
    ['no hosts where a command has none', 'exec node/', [], ':4'],
    ['containers of a pod', 'exec two -c ', ['a', 'b'], ':4'],
    ['containers of the pod of a copy', 'cp two:/etc . -c ', ['a', 'b'], ':4'],
    ['containers as an argument', 'logs two b', ['b'], ':4'],
    ['nothing for a container of nothing', 'exec -c ', [], ':4'],
    ['nothing for a number', 'cp --retries ', [], ':4'],
    ['nothing for a flag that is not there', 'exec --nosuch=', [], ':4'],
    ['files of this machine for a file', 'exec one --record ', [], ':0'],
    ['directories of this machine for a directory', 'fanout --outdir ', [], ':16'],
    ['directories of the container for a directory in it', 'exec one --workdir /srv/', ['/srv/dir/'], ':6'],
    ['paths in the container', 'cp one:/srv/', ['one:/srv/-x', 'one:/srv/a b', 'one:/srv/dir/'], ':6'],
    ['hidden paths when asked for', 'cp one:/srv/.', ['one:/srv/.hidden/'], ':6'],
    ['paths behind a namespace', 'cp default/one:/srv/d', ['default/one:/srv/dir/'], ':6'],
    ['paths in the container of a command', 'exec one -- ls -la /srv/d', ['/srv/dir/'], ':6'],
    ['no flags of a remote command', 'exec one -- ls -', [], ':4'],
    ['no paths where there is no shell', 'cp scratch:/', [], ':4'],
    ['a path of this machine is left to the shell', 'cp ./', [], ':0'],
  ];
  for (const [what, line, names, directive] of cases) {
    test(`offers ${what}: ${line}`, async () => {
      const answer = await complete(line, sandbox.env);
      assert.deepEqual([[...answer.names].sort(), answer.directive], [[...names].sort(), directive]);
    });
  }

  test('offers for an end of a copy pods, namespaces, kinds and files of this machine', async () => {
    const folder = join(sandbox.folder, 'local');
    mkdirSync(join(folder, 'on-disk'), { recursive: true });
    const { names, directive } = await complete('cp o', sandbox.env, folder);
    assert.deepEqual([names, directive], [['old:', 'one:', 'on-disk/'], ':2']);
    const all = await complete('cp ', sandbox.env, folder);
    for (const name of ['two:', 'default/', 'deployment/', './', '/']) assert.ok(all.names.includes(name), name);
  });

  test('says what a candidate is', async () => {
    assert.deepEqual((await complete('exec on', sandbox.env)).lines[0], 'one\tRunning');
  });

  test('offers what a user without the right to list pods may know', async () => {
    const viewer = await complete('cp --context sandbox-viewer o', sandbox.env, tmpdir());
    assert.ok(viewer.names.includes('one:'));
    const nobody = await complete('exec --context sandbox-viewer --token wrong repl', sandbox.env);
    assert.deepEqual(nobody.names, ['replicaset/', 'replicationcontroller/']);
  });

  test('is what kubectl asks for by the name kubectl_complete-kx', async () => {
    const completer = join(sandbox.folder, 'kubectl_complete-kx');
    symlinkSync(kxBinary(), completer);
    const { stdout, stderr, code } = await run(completer, ['exec', 'on'], { env: sandbox.env });
    assert.deepEqual([stdout.toString(), stderr, code], ['one\tRunning\n:4\n', '', 0]);
  });

  test('asks no credential plugin for what only a person can say, and shows nothing of it', async () => {
    const kubeconfig = join(sandbox.folder, 'with-plugin');
    const plugin = {
      apiVersion: 'client.authentication.k8s.io/v1',
      interactiveMode: 'IfAvailable',
      command: 'sh',
      args: ['-c', 'echo no >&2; exit 1'],
    };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'u', user: { exec: plugin } }],
      }),
    );
    assert.deepEqual((await complete('exec on', { KUBECONFIG: kubeconfig })).lines, [':4']);
  });
});

suite('completion where nothing can be asked is silent', () => {
  for (const [what, env] of [
    ['without a kubeconfig', { KUBECONFIG: '/no/such/file', HOME: '/no/such/home' }],
    ['with a kubeconfig that is none', { KUBECONFIG: '/etc/passwd' }],
  ] as const) {
    test(what, async () => {
      for (const line of [
        'exec o',
        'exec --context ',
        'cp a:/',
        'exec one -c ',
        'exec one -- cat /',
        'fanout --node ',
      ]) {
        assert.deepEqual((await complete(line, env)).names, [], line);
      }
    });
  }

  test('with a server that does not answer, and ends by itself', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    endAfterwards(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const words = `--server http://127.0.0.1:${port}`;
    assert.deepEqual((await complete(`exec ${words} o`, {})).names, []);
    assert.deepEqual((await complete(`exec ${words} repl`, {})).names, ['replicaset/', 'replicationcontroller/']);
  });
});

suite('completion install', () => {
  let home: string;
  let bin: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'kx-test-'));
    bin = join(home, 'bin');
    mkdirSync(bin);
    symlinkSync(kxBinary(), join(bin, 'kubectl-kx'));
  });
  after(() => rmSync(home, { recursive: true }));

  const kx = (words: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) =>
    run(join(bin, 'kubectl-kx'), ['completion', ...words], {
      env: {
        ...{
          HOME: home,
          XDG_DATA_HOME: undefined,
          XDG_CONFIG_HOME: undefined,
          ZDOTDIR: undefined,
          BASH_COMPLETION_USER_DIR: undefined,
        },
        ...{ SHELL: '/bin/zsh', PATH: `${bin}:/usr/bin:/bin` },
        ...env,
      },
    });
  const scripts = ['bash', 'zsh', 'fish', 'powershell'];

  test('puts scripts and the link of kubectl in place, says so, and the undoing leaves what was there', async () => {
    writeFileSync(join(home, '.zshrc'), 'alias k=kubectl');
    const { code, stdout, stderr } = await kx(['install', ...scripts]);
    assert.deepEqual([code, stderr], [0, '']);
    const files = ['.local/share/bash-completion/completions/kubectl-kx', '.local/share/kx/_kubectl-kx'];
    files.push('.config/fish/completions/kubectl-kx.fish', '.local/share/kx/kubectl-kx.ps1');
    for (const [index, shell] of scripts.entries()) {
      const file = join(home, files[index] ?? '');
      assert.equal(readFileSync(file, 'utf8'), (await kx([shell])).stdout.toString());
      assert.ok(stdout.toString().includes(`${shell}: wrote ${file}\n`));
    }
    assert.equal(readlinkSync(join(bin, 'kubectl_complete-kx')), 'kubectl-kx');
    const once = readFileSync(join(home, '.zshrc'), 'utf8');
    assert.match(once, /^alias k=kubectl\n# >>> kubectl-kx completion >>>\n[^]*\n# <<< kubectl-kx completion <<<\n$/);
    assert.equal((await kx(['install', 'zsh'])).code, 0);
    assert.equal(readFileSync(join(home, '.zshrc'), 'utf8'), once);

    const undone = await kx(['uninstall']);
    assert.deepEqual([undone.code, undone.stderr], [0, '']);
    for (const file of files) assert.equal(existsSync(join(home, file)), false, file);
    assert.equal(lstatSync(join(bin, 'kubectl_complete-kx'), { throwIfNoEntry: false }), undefined);
    assert.equal(readFileSync(join(home, '.zshrc'), 'utf8'), 'alias k=kubectl\n');
    assert.equal(existsSync(join(home, '.config/powershell/profile.ps1')), false);
    assert.match((await kx(['uninstall'])).stdout.toString(), /^there is no completion/);
  });

  test('takes the shell that SHELL names', async () => {
    assert.match(
      (await kx(['install'], { SHELL: '/usr/bin/fish' })).stdout.toString(),
      /^fish: wrote [^]*\nkubectl: linked /,
    );
    const { code, stderr } = await kx(['install'], { SHELL: '/bin/tcsh' });
    assert.deepEqual([code, /\[KX_USAGE\]\nhint: name one/.test(stderr)], [125, true], stderr);
    await kx(['uninstall']);
  });

  test('leaves what is not of kx alone', async () => {
    writeFileSync(join(bin, 'kubectl_complete-kx'), 'of somebody');
    const { code, stderr } = await kx(['install', 'bash']);
    assert.equal(code, 125);
    assert.match(stderr, /kubectl_complete-kx is there already, and is not a link to kx \[KX_CONFIG\]/);
    await kx(['uninstall']);
    assert.equal(readFileSync(join(bin, 'kubectl_complete-kx'), 'utf8'), 'of somebody');
  });

  test('says why kubectl will not find what is not on PATH', async () => {
    const { code, stdout } = await kx(['install', 'bash'], { PATH: '/usr/bin:/bin' });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /kubectl: left as it is, because it would not find this kubectl-kx on PATH either/);
  });

  test('in a home that cannot be written is an error that names the file', async () => {
    const { code, stderr } = await kx(['install', 'bash'], { HOME: '/proc/none' });
    assert.equal(code, 125);
    assert.match(stderr, /^error: cannot change \/proc\/none\/\S+: E\w+ \[KX_CONFIG\]\n$/);
  });
});
