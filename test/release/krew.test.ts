import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pluginName } from '../../scripts/release/krew-manifest.ts';
import { platforms } from '../../scripts/release/platforms.ts';
import { run, type Ended } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import { archiveOf, platformOf, releaseFolder, setUp, version } from './support.ts';
import { temporaryFolder } from '../support/ending.ts';

const manifest = join(releaseFolder, `${pluginName}.yaml`);
const native = platformOf('linux', process.arch === 'arm64' ? 'arm64' : 'amd64');

/** Puts a manifest into an index: a git repository with the folder `plugins`. */
async function publish(index: string, text: string): Promise<void> {
  mkdirSync(join(index, 'plugins'), { recursive: true });
  writeFileSync(join(index, 'plugins', `${pluginName}.yaml`), text);
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid'];
  for (const words of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-q', '-m', 'a version'],
  ]) {
    const { code, stderr } = await run('git', ['-C', index, ...author, ...words]);
    assert.equal(code, 0, stderr);
  }
}

suite('Krew', () => {
  let tools: string;
  before(() => {
    tools = setUp();
  });

  /** kubectl with a Krew of its own, in a folder of its own. */
  function freshKrew() {
    const root = temporaryFolder();
    const kubectl = (words: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
      run('kubectl', words, {
        timeout: 180_000,
        env: {
          HOME: root,
          KREW_ROOT: root,
          PATH: `${join(root, 'bin')}:${tools}:${process.env['PATH'] ?? ''}`,
          KREW_NO_UPGRADE_CHECK: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          ...env,
        },
      });
    return { root, kubectl };
  }

  suite('from the files of a release', () => {
    let krew: ReturnType<typeof freshKrew>;
    let sandbox: SandboxProcess;
    before(async () => {
      krew = freshKrew();
      // Without any index Krew takes nothing away.
      const index = temporaryFolder();
      await publish(index, readFileSync(manifest, 'utf8'));
      await krew.kubectl(['krew', 'index', 'add', 'own', index]);
      sandbox = await startSandboxProcess();
    });

    test('installs the plugin, with its licence', async () => {
      const { code, stderr } = await krew.kubectl([
        'krew',
        'install',
        `--manifest=${manifest}`,
        `--archive=${archiveOf(native)}`,
      ]);
      assert.equal(code, 0, stderr);
      const store = join(krew.root, 'store', pluginName, `v${version}`);
      assert.ok(existsSync(join(store, 'LICENSE')));
      assert.ok(existsSync(join(store, 'THIRD-PARTY-LICENSES')));
    });

    test('kubectl runs it, with the version of the release', async () => {
      const { code, stdout, stderr } = await krew.kubectl([pluginName, 'version']);
      assert.deepEqual([code, stderr], [0, '']);
      assert.equal(stdout.toString(), `kubectl-kx ${version} (${native.os}/${native.arch})\n`);
    });

    test('through kubectl, the exit code of a remote command stays what it is', async () => {
      const { code, stdout } = await krew.kubectl(
        [pluginName, 'exec', 'two', '-c', 'a', '--', 'sh', '-c', 'echo hi; exit 9'],
        sandbox.env,
      );
      assert.deepEqual([code, stdout.toString()], [9, 'hi\n']);
    });

    test('uninstalls all of it', async () => {
      const removed = await krew.kubectl(['krew', 'uninstall', pluginName]);
      assert.equal(removed.code, 0, removed.stderr);
      assert.ok(!existsSync(join(krew.root, 'store', pluginName)));
      const { code, stderr } = await krew.kubectl([pluginName, 'version']);
      assert.notEqual(code, 0);
      assert.match(stderr, new RegExp(`unknown command "${pluginName}"`));
    });
  });

  for (const platform of platforms) {
    test(`installs for ${platform.os}/${platform.arch}`, async () => {
      const { root, kubectl } = freshKrew();
      const { code, stderr } = await kubectl(
        ['krew', 'install', `--manifest=${manifest}`, `--archive=${archiveOf(platform)}`],
        {
          KREW_OS: platform.os,
          KREW_ARCH: platform.arch,
        },
      );
      assert.equal(code, 0, stderr);
      assert.ok(existsSync(join(root, 'store', pluginName, `v${version}`, platform.program)));
    });
  }

  suite('from an index of our own', () => {
    const server = createServer((request, response) => {
      createReadStream(join(releaseFolder, basename(request.url ?? '')))
        .on('error', () => response.writeHead(404).end())
        .pipe(response);
    });
    let address: string;
    before(async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());

    /** The manifest with the archives where they can be fetched from, and another version where one is wanted. */
    const served = (at = version): string =>
      readFileSync(manifest, 'utf8')
        .replace(/uri: .*\/([^/]+)$/gm, (_, name: string) => `uri: ${address}/${name}`)
        .replace(`version: v${version}`, `version: v${at}`);

    test('installs a version, and upgrades it to the next', async () => {
      const { root, kubectl } = freshKrew();
      const index = temporaryFolder();
      const succeed = async (...words: string[]): Promise<void> => {
        const { code, stderr } = await kubectl(['krew', ...words]);
        assert.equal(code, 0, stderr);
      };
      const linked = () => realpathSync(join(root, 'bin', `kubectl-${pluginName.replaceAll('-', '_')}`));

      await publish(index, served('0.0.1'));
      await succeed('index', 'add', 'own', index);
      await succeed('install', `own/${pluginName}`);
      assert.equal(linked(), realpathSync(join(root, 'store', pluginName, 'v0.0.1/kubectl-kx')));
      await publish(index, served());
      await succeed('update');
      await succeed('upgrade', pluginName);
      assert.equal(linked(), realpathSync(join(root, 'store', pluginName, `v${version}`, 'kubectl-kx')));
      assert.ok(!existsSync(join(root, 'store', pluginName, 'v0.0.1')));
      assert.equal((await kubectl([pluginName, 'version'])).code, 0);
      await succeed('uninstall', pluginName);
    });

    test("the manifest passes the check of Krew's central index, on every platform", async () => {
      const { root } = freshKrew();
      const file = join(root, `${pluginName}.yaml`);
      writeFileSync(file, served());
      const { code, stderr } = await run(join(tools, 'validate-krew-manifest'), ['-manifest', file], {
        timeout: 240_000,
        env: { HOME: root, PATH: `${tools}:${process.env['PATH'] ?? ''}` },
      });
      assert.equal(code, 0, stderr);
      assert.match(served(), /^ {2}shortDescription: .{10,50}$/m);
    });
  });
});
