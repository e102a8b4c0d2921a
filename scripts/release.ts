/**
 * Writes dist/release: an archive for each platform, their SHA-256 sums, what they are made of (CycloneDX) and the manifest for
 * Krew. The same commit gives the same bytes. KX_RELEASE_HOMEPAGE is where the project is published.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from './build/bundle.ts';
import { compile } from './build/compile.ts';
import { run } from './build/run.ts';
import { packArchive } from './release/archive.ts';
import { checkArchive } from './release/check-archive.ts';
import { checkSignature } from './release/check-signature.ts';
import { krewManifest, pluginName, type KrewPlatform } from './release/krew-manifest.ts';
import { listPackages, thirdPartyLicenses } from './release/packages.ts';
import { archiveName, platforms, programName, type Platform } from './release/platforms.ts';
import { readRuntime } from './release/runtime.ts';
import { makeSbom } from './release/sbom.ts';
import { signAdHoc } from './release/sign-ad-hoc.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'dist/release');
const homepage = process.env['KX_RELEASE_HOMEPAGE'] ?? 'https://example.invalid/kubectl-kx';
const { version, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  version: string;
  devDependencies: { bun: string };
};
const when = sourceDate();

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const work = await mkdtemp(join(root, 'dist/.release-'));
try {
  const modules = join(work, 'modules');
  const packages = await listPackages(root, await bundle(root, modules));
  const companions = [
    { name: 'kubectl-kx.1', content: await readFile(join(root, 'docs/kubectl-kx.1')) },
    { name: 'LICENSE', content: await readFile(join(root, 'LICENSE')) },
    { name: 'THIRD-PARTY-LICENSES', content: Buffer.from(thirdPartyLicenses(packages, devDependencies.bun)) },
  ].map((entry) => ({ ...entry, mode: 0o644 }));

  const released: KrewPlatform[] = [];
  for (const platform of platforms) {
    const program = await compileFor(platform, modules, work);
    const archive = await packArchive([{ name: platform.program, mode: 0o755, content: program }, ...companions], when);
    const found = await checkArchive(archive, platform);
    const name = archiveName(version, platform);
    await writeFile(join(out, name), archive);
    const uri = `${homepage}/releases/download/v${version}/${name}`;
    released.push({ platform, uri, sha256: sha256(archive) });
    console.log(`${name}  ${megabytes(archive)} MB, ${megabytes(program)} MB unpacked  ${found}`);
  }

  const template = await readFile(join(root, 'krew/plugin.yaml'), 'utf8');
  await writeFile(join(out, `${pluginName}.yaml`), krewManifest(template, { version, homepage, platforms: released }));
  const sbom = `${programName}_v${version}.cdx.json`;
  const sbomText = makeSbom(root, packages, devDependencies.bun, when);
  await writeFile(join(out, sbom), sbomText);
  const sums = [
    ...released.map(({ platform, sha256: sum }) => `${sum}  ${archiveName(version, platform)}`),
    `${sha256(sbomText)}  ${sbom}`,
  ];
  await writeFile(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  console.log(`${sbom}  ${packages.length} packages and bun\nSHA256SUMS\n${pluginName}.yaml  ${homepage}`);
} finally {
  await rm(work, { recursive: true, force: true });
}

async function compileFor(platform: Platform, modules: string, folder: string): Promise<Buffer> {
  const [runtime, outfile] = [join(folder, 'runtime'), join(folder, 'program')];
  await writeFile(runtime, await readRuntime(root, platform.runtime));
  await chmod(runtime, 0o755);
  await compile(root, modules, outfile, { name: `bun-${platform.target}`, runtime });
  const program = await readFile(outfile);
  // bun leaves programs for Intel Macs the signature of its own, which no longer fits: macOS may end them at once.
  if (platform.os === 'darwin' && checkSignature(program).problems.length > 0) return signAdHoc(program);
  return program;
}

/** The time that is written into archives: that of the commit, or SOURCE_DATE_EPOCH (reproducible-builds.org). */
function sourceDate(): Date {
  const seconds = process.env['SOURCE_DATE_EPOCH'] ?? run('git', ['log', '-1', '--format=%ct'], root);
  return new Date(Number(seconds) * 1000);
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function megabytes({ length }: Buffer): string {
  return (length / 1e6).toFixed(1);
}
