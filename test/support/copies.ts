import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runKx, type Ended, type ProgramOptions } from './program.ts';
import { startSandboxProcess, type SandboxProcess } from './sandbox.ts';

/** `kx cp` and what is around it, in a sandbox of its own. */
export interface CopyBench {
  readonly sandbox: SandboxProcess;
  /** Runs `kx cp`. */
  cp(args: readonly string[], options?: ProgramOptions): Promise<Ended>;
  /** The same; it must end with 0 and say nothing. */
  copies(...args: string[]): Promise<void>;
  /** Runs a shell script in a pod and gives what it writes; it must end with 0. */
  inPod(pod: string, script: string): Promise<string>;
  /** A new empty folder of this machine. */
  fresh(): string;
}

/** Starts a sandbox with a cluster (YAML), by default the fixtures. */
export async function startCopyBench(cluster?: string): Promise<CopyBench> {
  const sandbox = await startSandboxProcess(cluster);
  const cp: CopyBench['cp'] = (args, options = {}) =>
    runKx(['cp', ...args], { ...options, env: { ...sandbox.env, ...options.env } });
  return {
    sandbox,
    cp,
    copies: async (...args) => {
      const { code, stdout, stderr } = await cp(args);
      assert.deepEqual([code, stdout.toString(), stderr], [0, '', ''], args.join(' '));
    },
    inPod: async (pod, script) => {
      const { code, stdout, stderr } = await runKx(['exec', '-q', pod, '--', 'sh', '-c', script], { env: sandbox.env });
      assert.equal(code, 0, stderr);
      return stdout.toString();
    },
    fresh: () => mkdtempSync(join(sandbox.folder, 'local-')),
  };
}

/** Everything below a folder: directories with `/`, files with `=` and what they contain, symlinks with `->`. */
export function listTree(root: string): string[] {
  const shown = (name: string): string => {
    const path = join(root, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) return `${name}/`;
    return stat.isSymbolicLink() ? `${name} -> ${readlinkSync(path)}` : `${name} = ${readFileSync(path, 'latin1')}`;
  };
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map(shown).sort();
}
