import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { print, printError } from '../../lib/terminal/index.ts';
import { startSandbox, type Sandbox } from '../../services/sandbox/index.ts';
import { runWithSandbox } from './child.ts';

export interface SandboxRun {
  readonly file: string | undefined;
  readonly port: number;
  readonly kubeconfigOut: string | undefined;
  /** What to run with KUBECONFIG set; null: wait until a signal comes. */
  readonly command: readonly string[] | null;
}

/** Starts a sandbox, waits for its end and takes away what it made. Gives the exit code. */
export async function runSandbox(run: SandboxRun, context: CommandContext): Promise<number> {
  const folder = await makeFolder();
  const kubeconfig = resolve(run.kubeconfigOut ?? join(folder, 'kubeconfig'));
  let written = false;
  let sandbox: Sandbox | undefined;
  try {
    if (existsSync(kubeconfig)) {
      throw new KxError('KX_USAGE', `${kubeconfig} exists`, {
        hint: 'name a file for --kubeconfig-out that is not there',
      });
    }
    sandbox = await startSandbox({ ...readCluster(run.file), port: run.port });
    if (sandbox.isolation === 'none') {
      printError(
        'warning: Linux namespaces are not to be had here: commands run as plain processes of this machine and can reach' +
          ' your files; what looks like a secret was taken out of their environment\n',
      );
    }
    writeKubeconfig(kubeconfig, sandbox.kubeconfig);
    written = true;
    if (run.command !== null) {
      // A signal that came during the start was meant for all of this; the command would never see it.
      context.signal.throwIfAborted();
      return await runWithSandbox(run.command, kubeconfig, context);
    }
    print(describe(sandbox, kubeconfig));
    await aborted(context.signal);
    return 0;
  } finally {
    await sandbox?.close();
    await rm(folder, { recursive: true, force: true });
    if (written) await rm(kubeconfig, { force: true });
  }
}

async function makeFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'kx-sandbox-'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_USAGE', `cannot write to the temporary folder ${tmpdir()}: ${code ?? 'refused'}`, {
      cause,
      hint: 'name another in TMPDIR',
    });
  }
}

function readCluster(file: string | undefined): { cluster?: string; source?: string } {
  if (file === undefined) return {};
  try {
    return { cluster: readFileSync(file === '-' ? 0 : file, 'utf8'), source: file === '-' ? 'stdin' : file };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_USAGE', `cannot read ${file}: ${code ?? 'unreadable'}`, { cause });
  }
}

/** Whole from the moment that it is there: whoever waits for the file may read it at once. */
function writeKubeconfig(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_USAGE', `cannot write ${path}: ${code ?? 'refused'}`, { cause });
  }
}

function describe(sandbox: Sandbox, kubeconfig: string): string {
  const users = sandbox.users.map(({ name }) => `sandbox-${name}`).join(', ');
  return [
    `A cluster is at ${sandbox.server}.`,
    '',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get pods -A',
    '  kubectl kx exec deploy/web -- hostname',
    '  kubectl logs -f deploy/web',
    '',
    ...(users === '' ? [] : [`Contexts of users with fewer rights: ${users}.`]),
    'Ctrl-C ends it and everything that runs in it.',
    '',
  ].join('\n');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
