/**
 * Help and hints with the name that kx was called by: kubectl runs a file that is linked as `kubectl-exec_kx` as `kubectl exec-kx`,
 * and Krew links a plugin by the name of its manifest.
 */
export function asCalled(text: string, calledAs: string = process.argv0): string {
  const [, name] = /(?:^|[/\\])kubectl-([^/\\]+?)(?:\.exe)?$/i.exec(calledAs) ?? [];
  return name === undefined || name === 'kx'
    ? text
    : text.replaceAll('kubectl kx', `kubectl ${name.replaceAll('_', '-')}`);
}
