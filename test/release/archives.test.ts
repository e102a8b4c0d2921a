import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readArchive } from '../../scripts/release/archive.ts';
import { checkArchive } from '../../scripts/release/check-archive.ts';
import { checkSignature } from '../../scripts/release/check-signature.ts';
import { readMachO } from '../../scripts/release/mach-o.ts';
import { platforms } from '../../scripts/release/platforms.ts';
import { signAdHoc } from '../../scripts/release/sign-ad-hoc.ts';
import { run } from '../support/program.ts';
import { archiveOf, platformOf, programOf, releaseFolder, setUp, version } from './support.ts';
import { temporaryFolder } from '../support/ending.ts';

suite('the archives of a release', () => {
  for (const platform of platforms) {
    test(`${platform.os}/${platform.arch} has the program of that machine, the licences and the man page`, async (t) => {
      t.diagnostic(await checkArchive(readFileSync(archiveOf(platform)), platform));
    });
  }

  test('sha256sum agrees with SHA256SUMS, which has every archive and the SBOM', async () => {
    const { code, stdout } = await run('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: releaseFolder });
    assert.equal(code, 0);
    assert.equal(stdout.toString().match(/: OK$/gm)?.length, platforms.length + 1);
  });

  test('every package of the SBOM has its licence in the archive', async () => {
    const sbom = JSON.parse(readFileSync(join(releaseFolder, `kubectl-kx_v${version}.cdx.json`), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string; licenses: unknown[] }[];
    };
    const entries = await readArchive(readFileSync(archiveOf(platformOf('linux', 'amd64'))));
    const licenses = entries.find(({ name }) => name === 'THIRD-PARTY-LICENSES')!.content.toString();
    assert.equal(sbom.bomFormat, 'CycloneDX');
    assert.ok(sbom.components.length > 20);
    for (const { name, version: at, licenses: ids } of sbom.components) {
      assert.match(licenses, new RegExp(`^${name} ${at}\\nLicence: `, 'mi'));
      assert.equal(ids.length, 1, name);
    }
  });

  test('man shows the page of the archive, with all commands and no complaint', async () => {
    setUp();
    const entries = await readArchive(readFileSync(archiveOf(platformOf('linux', 'amd64'))));
    const file = join(temporaryFolder(), 'kubectl-kx.1');
    writeFileSync(file, entries.find(({ name }) => name === 'kubectl-kx.1')!.content);
    const { code, stdout, stderr } = await run('man', ['--warnings', '-Tutf8', '-l', file], {
      env: { MANPAGER: 'cat', LC_ALL: 'C.UTF-8', GROFF_NO_SGR: undefined, MANWIDTH: '100' },
    });
    assert.deepEqual([code, stderr], [0, '']);
    const plain = stdout.toString().replace(/.\x08|\x1b\[[\d;]*m/g, '');
    for (const heading of ['NAME', 'SYNOPSIS', 'COMMANDS', 'EXIT STATUS'])
      assert.match(plain, new RegExp(`^${heading}$`, 'm'));
    assert.match(plain, /^ {3}exec\n {7}Run a command in a container\.$/m);
  });

  test('nothing in the program says where it was built', async () => {
    const program = await programOf(platformOf('linux', 'amd64'));
    assert.equal(program.indexOf(Buffer.from(import.meta.dirname.replace('/test/release', '/'))), -1);
  });
});

suite('the signature that macOS asks for', () => {
  test('what is signed here is byte for byte what bun signs, where bun does it right', async () => {
    const program = await programOf(platformOf('darwin', 'arm64'));
    const { signature } = readMachO(program);
    const unsigned = Buffer.from(program);
    unsigned.fill(0, signature!.offset);
    assert.ok(checkSignature(unsigned).problems.length > 0);
    assert.ok(signAdHoc(unsigned).equals(program));
  });

  test('a byte that was changed, and bytes that were added, are noticed', async () => {
    const program = Buffer.from(await programOf(platformOf('darwin', 'amd64')));
    assert.deepEqual(checkSignature(program).problems, []);
    assert.deepEqual(checkSignature(Buffer.concat([program, Buffer.alloc(1)])).problems, [
      'it is not the end of the file',
    ]);
    program[1 << 20]! ^= 1;
    const [problem = ''] = checkSignature(program).problems;
    assert.match(problem, /^1 of \d+ pages have another hash$/);
  });
});
