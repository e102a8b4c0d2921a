import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KxError } from '../errors/index.ts';
import type { ExecRequest, RemoteProcess } from '../process/index.ts';
import { containerEnvironment, withoutSecrets } from './environment.ts';
import { startHolder, type Holder } from './holder.ts';
import { findIsolation, requireTool, type Isolation } from './isolation.ts';
import { startProcess, type LocalCommand } from './local-process.ts';
import { requireDirectory, requireProgram, type Root } from './programs.ts';
import type { Runtime } from './runtime.ts';

/** A container of the local runtime: nothing runs for it before its first command. */
export interface LocalContainer {
  /** Unlike that of any other container of this runtime, also of one that was removed. */
  readonly id: string;
  readonly hostname: string;
  /** The text of /etc/hosts. */
  readonly hosts: string;
  /** What the commands get besides PATH, HOSTNAME and HOME. */
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  /** Has no files at all, as an image that is only its one program has none that can be run. */
  readonly empty: boolean;
}

export interface LocalRuntime extends Runtime<LocalContainer> {
  readonly isolation: Isolation;
  /** Ends every process of the container. */
  remove(id: string): Promise<void>;
  /** Ends every process of every container. */
  close(): Promise<void>;
}

/** What a container may do that root may: the default of containerd. */
const capabilities = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'net_bind_service'],
  ...['net_raw', 'sys_chroot', 'mknod', 'audit_write', 'setfcap'],
];

/**
 * Runs commands as processes of this machine. With namespaces, each container has a root of its own that shows the
 * machine's /usr, read-only, and nothing else of it. Without, commands are plain children in an empty folder, and root
 * is refused.
 */
export async function openLocalRuntime(): Promise<LocalRuntime> {
  const isolation = await findIsolation();
  if (isolation === 'none' && process.getuid?.() === 0) {
    throw new KxError(
      'KX_TRANSPORT_UNAVAILABLE',
      'the sandbox cannot isolate its containers here, so root may not run it',
      {
        hint: 'run it as an ordinary user, or where Linux namespaces can be made (unshare --mount --pid true)',
      },
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'kx-sandbox-'));
  const holders = new Map<string, Promise<Holder>>();
  const plain = new Map<string, Set<RemoteProcess & { end(): void }>>();

  let closed = false;

  const hold = (container: LocalContainer): Promise<Holder> => {
    const known = holders.get(container.id);
    if (known !== undefined) return known;
    const holder = startHolder(isolation, container.hostname, container.hosts);
    holders.set(container.id, holder);
    holder.catch(() => holders.delete(container.id));
    return holder;
  };
  const remove = async (id: string): Promise<void> => {
    const holder = holders.get(id);
    holders.delete(id);
    await holder?.then((held) => held.close()).catch(() => {});
    for (const each of plain.get(id) ?? []) each.end();
    plain.delete(id);
  };

  return {
    isolation,
    async exec(container, request) {
      // What came too late would live on in a container that nobody ends.
      if (closed) throw new KxError('KX_REMOTE', 'the containers are being ended', { ran: 'no' });
      const env = environmentOf(container, request);
      const cwd = request.cwd ?? container.workingDir;
      const [name = ''] = request.command;
      const check = async (root: Root, at: string): Promise<void> => {
        if (container.empty) root = null;
        else if (at !== '/') await requireDirectory(root, at);
        await requireProgram(root, name, env['PATH'] ?? '', at);
      };
      if (isolation === 'none' || container.empty) {
        const at = join(folder, container.id);
        await mkdir(at, { recursive: true });
        await check('', at);
        const own = { ...withoutSecrets(process.env), ...env, PATH: process.env['PATH'] ?? '', HOME: at };
        const started = startProcess(
          { words: plainWords(request), env: own, cwd: at, ptmx: '/dev/ptmx' },
          request,
          folder,
        );
        const processes = plain.get(container.id) ?? new Set();
        plain.set(container.id, processes.add(started));
        return started;
      }
      const { pid } = await hold(container);
      const root = `/proc/${pid}/root`;
      await check(root, cwd);
      const command: LocalCommand = {
        words: [
          ...enter(isolation, pid),
          ...(cwd === '/' ? [] : [requireTool('env'), '-C', cwd]),
          ...sessionWords(request),
        ],
        env,
        cwd: '/',
        ptmx: `${root}/dev/pts/ptmx`,
      };
      return startProcess(command, request, folder);
    },
    remove,
    async close() {
      closed = true;
      await Promise.all([...new Set([...holders.keys(), ...plain.keys()])].map(remove));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function environmentOf(container: LocalContainer, request: ExecRequest): Record<string, string> {
  return {
    ...containerEnvironment,
    HOSTNAME: container.hostname,
    ...container.env,
    ...(request.tty === null ? {} : { TERM: 'xterm' }),
    ...request.env,
  };
}

/**
 * A session of its own, as a command in a container has; under a terminal, one that the terminal controls. `enter` has
 * forked before: setsid(1) then becomes the command.
 */
function sessionWords(request: ExecRequest): string[] {
  return [requireTool('setsid'), ...(request.tty === null ? [] : ['--ctty']), '--', ...request.command];
}

/**
 * A plain child leads a session already, and setsid(1) would leave it behind and end with 0. A terminal controls the
 * session of the leader that opens it.
 */
function plainWords(request: ExecRequest): string[] {
  if (request.tty === null) return [...request.command];
  return ['/bin/sh', '-c', ': <>/proc/self/fd/0; exec "$@"', 'sh', ...request.command];
}

/**
 * Forks by timeout(1), without a limit, and not by nsenter(1): that stops itself when its child is stopped, nobody wakes it
 * then, and the end of the command is never seen. Both end as their child did, also by its signal.
 */
function enter(isolation: Isolation, pid: number): string[] {
  const user = isolation === 'user' ? ['--user', '--preserve-credentials'] : [];
  const bounds = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    ...[requireTool('nsenter'), '--target', String(pid), ...user, '--mount', '--pid', '--uts', '--ipc'],
    ...['--no-fork', '--', requireTool('timeout'), '--foreground', '0'],
    ...[requireTool('setpriv'), '--bounding-set', bounds, '--'],
  ];
}
