/** A machine that kx is released for. */
export interface Platform {
  /** As Go, Krew and kubectl name them. */
  readonly os: 'linux' | 'darwin' | 'windows';
  readonly arch: 'amd64' | 'arm64';
  /** What bun calls it as a target, without `bun-`. */
  readonly target: string;
  /** The npm package that has its bun. */
  readonly runtime: string;
  /** The name of the program in the archive. */
  readonly program: string;
}

/** The program without the ending that Windows asks for. */
export const programName = 'kubectl-kx';

const windowsProgram = `${programName}.exe`;

/** The six, in the order of the lists that users see. */
export const platforms: readonly Platform[] = [
  { os: 'linux', arch: 'amd64', target: 'linux-x64', runtime: '@oven/bun-linux-x64', program: programName },
  { os: 'linux', arch: 'arm64', target: 'linux-arm64', runtime: '@oven/bun-linux-aarch64', program: programName },
  { os: 'darwin', arch: 'amd64', target: 'darwin-x64', runtime: '@oven/bun-darwin-x64', program: programName },
  { os: 'darwin', arch: 'arm64', target: 'darwin-arm64', runtime: '@oven/bun-darwin-aarch64', program: programName },
  { os: 'windows', arch: 'amd64', target: 'windows-x64', runtime: '@oven/bun-windows-x64', program: windowsProgram },
  {
    os: 'windows',
    arch: 'arm64',
    target: 'windows-arm64',
    runtime: '@oven/bun-windows-aarch64',
    program: windowsProgram,
  },
];

/** The name of an archive: the same for the same version, whoever makes it. */
export function archiveName(version: string, { os, arch }: Platform): string {
  return `${programName}_v${version}_${os}_${arch}.tar.gz`;
}
