/** How an error of kx reaches the shell: the exit code and the sentence that docs/errors.md is made from. */
interface CodeEntry {
  readonly exit: number;
  readonly when: string;
}

const table = {
  KX_COMMAND_NOT_EXECUTABLE: { exit: 126, when: 'The runtime found the command and could not start it.' },
  KX_COMMAND_NOT_FOUND: { exit: 127, when: 'There is no such command in the container.' },
  KX_TIMEOUT: { exit: 124, when: '`--timeout` ran out. The hint says whether the remote command was ended.' },
  KX_CANCELED: {
    exit: 130,
    when: 'Ctrl-C (130), SIGTERM (143) or SIGHUP (129). The hint says whether the remote command was ended.',
  },
  KX_USAGE: { exit: 125, when: 'Flags or arguments that mean nothing, or contradict each other.' },
  KX_CONFIG: {
    exit: 125,
    when: 'The kubeconfig cannot be read, or lacks what the connection needs; or a setting (docs/config.md) is wrong.',
  },
  KX_TARGET_NOT_FOUND: { exit: 125, when: 'The pod, container or workload does not exist.' },
  KX_TARGET_NOT_RUNNING: { exit: 125, when: 'The pod or container exists and does not run.' },
  KX_TARGET_AMBIGUOUS: { exit: 125, when: 'More than one object fits, and only one can be meant.' },
  KX_TARGET_CHANGED: { exit: 125, when: 'The pod or container was created again in between.' },
  KX_SHELL_MISSING: {
    exit: 125,
    when: 'A flag such as `--timeout` or `--workdir` needs `sh` in the container (with `-i` also `dd`), and it has none. Nothing was run.',
  },
  KX_HELPER_POD: {
    exit: 125,
    when: 'The helper pod of `privileged-exec` is not let in, or does not start. The hint says what to do.',
  },
  KX_ENTER: {
    exit: 125,
    when: 'The namespaces of the target cannot be entered, as with gVisor and Kata. Nothing was run.',
  },
  KX_UNAUTHENTICATED: { exit: 125, when: 'The server does not know who is asking (401).' },
  KX_FORBIDDEN: { exit: 125, when: 'The server refuses (403). The hint names the verb and resource that are missing.' },
  KX_UNREACHABLE: { exit: 125, when: 'The server cannot be reached: name, dial, proxy or TLS.' },
  KX_TRANSPORT_UNAVAILABLE: { exit: 125, when: 'The transport that was asked for is not there, or refuses upgrades.' },
  KX_PROTOCOL: { exit: 125, when: 'The other side broke the rules of the protocol.' },
  KX_CONNECTION_LOST: {
    exit: 125,
    when: 'The stream ended without a status. The command may have run, may be running, or may have ended.',
  },
  KX_STDIN_END: {
    exit: 125,
    when: 'The server speaks only v4.channel.k8s.io, so the command cannot be told that its input ended.',
  },
  KX_REMOTE: { exit: 125, when: 'The server reports a failure that is not the exit code of the command.' },
  KX_COPY_SOURCE: { exit: 125, when: 'There is nothing to copy at the source, or it cannot be read.' },
  KX_COPY_DESTINATION: {
    exit: 125,
    when: 'The destination cannot be written: missing, read-only, full, or not permitted.',
  },
  KX_COPY_UNSAFE_PATH: {
    exit: 125,
    when: 'What came out of the container wants to be written outside of the destination. It was not.',
  },
  KX_COPY_INCOMPLETE: { exit: 125, when: 'A part of what was to be copied was not. The messages before it say which.' },
  KX_COPY_MISMATCH: { exit: 125, when: 'Both ends of a finished copy were compared, and differ.' },
  KX_INTERNAL: { exit: 125, when: 'A fault of kx itself. Please report it.' },
} as const satisfies Record<string, CodeEntry>;

/** The stable name of one kind of error. */
export type KxCode = keyof typeof table;

/** Every code with its exit code and meaning, in the order of docs/errors.md. */
export const errorCodes: Readonly<Record<KxCode, CodeEntry>> = table;
