import { spawnSync } from 'node:child_process';

/** Runs a program to its end and gives its stdout. Throws with all that it wrote when it fails. */
export function run(file: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8', cwd, maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}\n${error?.message ?? stdout + stderr}`);
  return stdout;
}
