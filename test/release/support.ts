/** What the tests of a release share: dist/release as `make release` left it, and where its tools are. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {} from 'node:test';
import { readArchive } from '../../scripts/release/archive.ts';
import { archiveName, platforms, type Platform } from '../../scripts/release/platforms.ts';
import { temporaryFolder } from '../support/ending.ts';

const root = resolve(import.meta.dirname, '../..');
export const releaseFolder = join(root, 'dist/release');
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
if (!readdirSync(join(root, 'dist')).includes('release')) throw new Error('there is no release: run "make release"');

/** Installs what the tests need, the first time; gives the folder with Krew. */
export function setUp(): string {
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, 'setup.sh'), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`setup.sh: ${stderr}`);
  return stdout.trim();
}

export function archiveOf(platform: Platform): string {
  return join(releaseFolder, archiveName(version, platform));
}

export function platformOf(os: Platform['os'], arch: Platform['arch']): Platform {
  const platform = platforms.find((each) => each.os === os && each.arch === arch);
  if (platform === undefined) throw new Error(`no release for ${os}/${arch}`);
  return platform;
}

/** The program of an archive, as bytes. */
export async function programOf(platform: Platform): Promise<Buffer> {
  const [program] = await readArchive(readFileSync(archiveOf(platform)));
  if (program?.name !== platform.program) throw new Error('the program is not the first of the archive');
  return program.content;
}

/** The program of an archive, as a file. */
export async function unpackProgram(platform: Platform): Promise<string> {
  const file = join(temporaryFolder(), platform.program);
  writeFileSync(file, await programOf(platform), { mode: 0o755 });
  return file;
}
