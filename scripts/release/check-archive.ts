import { readArchive } from './archive.ts';
import { checkSignature } from './check-signature.ts';
import { readMachO } from './mach-o.ts';
import type { Platform } from './platforms.ts';

/** Beside the program, in every archive. */
export const companions = ['kubectl-kx.1', 'LICENSE', 'THIRD-PARTY-LICENSES'];

/** Looks at an archive as it will be downloaded, and says what was found in words. Throws at the first thing that is wrong. */
export async function checkArchive(archive: Buffer, platform: Platform): Promise<string> {
  const entries = await readArchive(archive);
  const names = entries.map(({ name }) => name).join(' ');
  const wanted = [platform.program, ...companions].join(' ');
  if (names !== wanted) throw new Error(`the archive has ${names}, not ${wanted}`);
  const [program] = entries;
  if (program?.mode !== 0o755) throw new Error(`${platform.program} is not executable`);
  const type = typeOf(program.content);
  const expected = `${{ linux: 'ELF', darwin: 'Mach-O', windows: 'PE' }[platform.os]} ${platform.arch}`;
  if (type !== expected) throw new Error(`${platform.program} is ${type}, not ${expected}`);
  if (platform.os !== 'darwin') return type;
  const { pages, isAdHoc, problems } = checkSignature(program.content);
  if (!isAdHoc) problems.push('it is not an ad-hoc one');
  if (problems.length > 0) throw new Error(`the signature of ${platform.target}: ${problems.join('; ')}`);
  return `${type}, ad-hoc signature of ${pages.all} pages`;
}

/** The format and the processor of a program, by its own words. */
function typeOf(file: Buffer): string {
  if (file.toString('latin1', 0, 4) === '\x7fELF') {
    return `ELF ${{ 62: 'amd64', 183: 'arm64' }[file.readUInt16LE(18)] ?? 'of another processor'}`;
  }
  if (file.toString('latin1', 0, 2) === 'MZ') {
    const at = file.readUInt32LE(0x3c);
    return `PE ${{ 0x8664: 'amd64', 0xaa64: 'arm64' }[file.readUInt16LE(at + 4)] ?? 'of another processor'}`;
  }
  return `Mach-O ${readMachO(file).arch === 'x64' ? 'amd64' : 'arm64'}`;
}
