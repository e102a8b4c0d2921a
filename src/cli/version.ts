/** The operating system and processor as Go, kubectl and the archives of a release name them: `linux/amd64`. */
export function platformName({ platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'> = process): string {
  return `${platform === 'win32' ? 'windows' : platform}/${arch === 'x64' ? 'amd64' : arch}`;
}

/** The one line that `kx --version` prints. */
export function versionLine(version: string): string {
  return `kubectl-kx ${version} (${platformName()})\n`;
}
