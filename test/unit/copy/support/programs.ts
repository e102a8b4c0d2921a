import { spawnSync } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a container has: a shell, and a tar or none. */
export interface Programs {
  readonly name: string;
  /** The only folder that programs are found in. */
  readonly path: string;
  readonly tar: boolean;
}

const tools = 'dd wc ls rm mv cp cat ln mkdir chmod chown touch'.split(' ');
const shells = ['dash', 'bash', 'busybox'];
const tars = ['tar', 'busybox', 'bsdtar', 'toybox', ''];

function find(program: string): string {
  return spawnSync('which', [program]).stdout.toString().trim();
}

/** A folder with a shell, a tar ('' for none), and tools of GNU, or, with the shell of busybox, of busybox. */
export function makePrograms(shell: string, tar: string): Programs {
  const path = mkdtempSync(join(tmpdir(), 'kx-programs-'));
  const busybox = shell === 'busybox';
  symlinkSync(find(shell), join(path, 'sh'));
  for (const tool of tools) symlinkSync(find(busybox ? 'busybox' : tool), join(path, tool));
  if (tar !== '') symlinkSync(find(tar), join(path, 'tar'));
  return { name: `${shell} and ${tar === '' ? 'no tar' : `tar of ${tar}`}`, path, tar: tar !== '' };
}

/** The shells that this machine has. */
export function shellNames(): string[] {
  return shells.filter((shell) => find(shell) !== '');
}

/** Whether the shell runs what its PATH has: that of busybox may prefer what is in itself. */
export function usesPath(shell: string): boolean {
  return shell !== 'busybox';
}

/** Every shell with every tar that this machine has, and each shell without. */
export function allPrograms(): Programs[] {
  const found = tars.filter((tar) => tar === '' || find(tar) !== '');
  const fit = (shell: string, tar: string): boolean => tar === '' || tar === 'busybox' || usesPath(shell);
  return shellNames().flatMap((shell) => found.filter((tar) => fit(shell, tar)).map((tar) => makePrograms(shell, tar)));
}
