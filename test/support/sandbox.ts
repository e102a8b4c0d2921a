import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endAfterwards, endProcess } from './ending.ts';
import { eventually } from './eventually.ts';
import { startKx, type Running } from './program.ts';

/** The pods that the tests run against; see the file for what each is for. */
export const sandboxFixtures = resolve(import.meta.dirname, 'sandbox.yaml');

/** A sandbox of the built program, in a process of its own. */
export interface SandboxProcess {
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Where its API is served. */
  readonly server: URL;
  /** For ProgramOptions: KUBECONFIG. */
  readonly env: Readonly<Record<string, string>>;
  /** A temporary folder that goes with the sandbox. */
  readonly folder: string;
  readonly running: Running;
  /** Ends it before the test is over. */
  close(): Promise<void>;
}

/** Starts `kx sandbox` with a cluster (YAML), by default the fixtures, until the test is over, and waits until it is ready. */
export async function startSandboxProcess(cluster?: string): Promise<SandboxProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'kx-'));
  const file = cluster === undefined ? sandboxFixtures : join(folder, 'cluster.yaml');
  if (cluster !== undefined) writeFileSync(file, cluster);
  const kubeconfig = join(folder, 'kubeconfig');
  const running = startKx(['sandbox', '-f', file, '--kubeconfig-out', kubeconfig], {
    stdin: null,
    timeout: 600_000,
    env: { KUBECONFIG: undefined },
  });
  const close = async (): Promise<void> => {
    await endProcess(running.child);
    rmSync(folder, { recursive: true, force: true });
  };
  endAfterwards(close);
  const early = running.ended.then(({ code, stderr }) => {
    if (!existsSync(kubeconfig)) throw new Error(`the sandbox ended with ${code}: ${stderr}`);
    return true;
  });
  await Promise.race([eventually('the sandbox wrote its kubeconfig', () => existsSync(kubeconfig), 60_000), early]);
  return {
    kubeconfig,
    get server() {
      return new URL(/server: (\S+)/.exec(readFileSync(kubeconfig, 'utf8'))?.[1] ?? '');
    },
    env: { KUBECONFIG: kubeconfig },
    folder,
    running,
    close,
  };
}
