import { randomBytes } from 'node:crypto';
import type { ExecRequest, Signal } from '../process/index.ts';

/** What marks the lines of the wrapper, and finds its session again: `$0` of the wrapping shell. */
export function createNonce(): string {
  return `kx-${randomBytes(16).toString('hex')}`;
}

/*
 * The wrapper, in the builtins of any POSIX shell (dash, bash, busybox ash), on one line so that the nonce stands on the
 * first line of /proc/PID/cmdline. What each part is for:
 *
 * - fd 3 is the real stderr. The shell's own goes to /dev/null, or it would say "Killed" of a command that was. It holds
 *   stdout and stderr open until the command has ended: containerd closes stdin as soon as either output ends
 *   (containerd/containerd#13934). By `exec`: what ash keeps to restore behind a group would be open in the command too.
 * - INT and QUIT are caught, and so reset to their defaults in the command: dash would leave at a Ctrl-C that the command
 *   survives, and take the terminal with it.
 * - A shell exports PWD, OLDPWD, SHLVL and _ of its own. What the container had of them is read from /proc/$$/environ and
 *   put back. dash has no `read -d` and changes only PWD and OLDPWD, so presence is enough there.
 * - `exec` in a subshell, so that no builtin of the command's name is run, and a failure to start is the shell's message
 *   with $0 in front, which the mark filter takes out of stderr.
 */
const readEnvironment = [
  'while IFS= read -r -d "" kx__v; do kx__n=1; case $kx__v in',
  'PWD=*) kx__p=$kx__v;; OLDPWD=*) kx__o=$kx__v;; SHLVL=*) kx__s=$kx__v;; _=*) kx__u=$kx__v;; esac; done </proc/$$/environ;',
  'if [ -z "$kx__n" ]; then IFS= read -r kx__v </proc/$$/environ;',
  'case $kx__v in PWD=*|*[!D]PWD=*) kx__p=PWD=$PWD;; esac;',
  'case $kx__v in *OLDPWD=*) kx__o=OLDPWD=$OLDPWD;; esac; kx__s=${SHLVL+SHLVL=$SHLVL}; kx__u=keep; fi',
].join(' ');

const restoreEnvironment = [
  'if [ "$kx__p" ]; then export "$kx__p"; else unset PWD; fi',
  'if [ "$kx__o" ]; then export "$kx__o"; else unset OLDPWD; fi',
  'if [ "$kx__s" ]; then export "$kx__s"; else unset SHLVL; fi',
  'case $kx__u in keep) ;; ?*) export "$kx__u";; *) unset _;; esac',
].join('; ');

const start = [
  'trap : INT QUIT; (',
  'kx__n=; kx__p=; kx__o=; kx__s=; kx__u=;',
  `${readEnvironment};`,
  'if [ "$1" ]; then cd -- "$1" || { echo "$0 cwd" >&3; exit 126; }; fi; shift;',
  `${restoreEnvironment};`,
  'while [ "$1" != -- ]; do export "$1"; shift; done; shift;',
  'exec "$@" 2>&3 3>&-',
  '); kx__s=$?; echo "$0 end $kx__s" >&3; exit $kx__s',
].join(' ');

const wrapped = `exec 3>&2 2>/dev/null; echo "$0 start" >&3; ${start}`;

/*
 * With input: a feeder takes it apart and hands it to the command through a pipe, which ends where the input ends. Each
 * frame is a line, how many blocks of 64 KiB and how many bytes behind them, and then those bytes; `dd` is what copies an
 * exact number of bytes and not one more. A dd that SIGPIPE ends (141) found the pipe closed: the rest of the input is
 * dropped up to the line that says that it is over, for containerd never ends an exec whose input nobody takes, or drops the
 * connection with output in it (containerd/containerd#13934). Input that stops short of that line was lost on the way, and
 * must not look like its end: the command is hung up.
 */
const feed = [
  'while read -r kx__n kx__m; do case $kx__n in "$0") exit;; "") continue;; esac;',
  '{ [ $kx__n = 0 ] || dd bs=65536 count=$kx__n iflag=fullblock; } &&',
  '{ [ $kx__m = 0 ] || dd bs=$kx__m count=1 iflag=fullblock; } && continue; [ $? = 141 ] || break;',
  'echo "$0 closed" >&3; LC_ALL=C sed -n "/^$0 over$/q" ||',
  'while IFS= read -r kx__v; do case $kx__v in "$0 over") break;; esac; done; exit; done;',
  'echo "$0 lost" >&3; kill -HUP 0',
].join(' ');

const wrappedWithInput = [
  'exec 3>&2 2>/dev/null; dd bs=1 count=0 iflag=fullblock </dev/null || { echo "$0 dd" >&3; exit 126; };',
  `echo "$0 start" >&3; { ${feed}; } | { ${start}; }`,
].join(' ');

/**
 * The line that ends the input. It begins with a newline, as what is dropped may end within a line, and another line
 * follows, as the sed of busybox reads one line ahead.
 */
export function inputOver(nonce: string): string {
  return `\n${nonce} over\n\n`;
}

/** The command line that runs `request.command` under the wrapper. */
export function wrapCommand(request: ExecRequest, nonce: string): string[] {
  const env = Object.entries(request.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const script = request.stdin && request.tty === null ? wrappedWithInput : wrapped;
  return ['sh', '-c', script, nonce, request.cwd ?? '', ...env, '--', ...request.command];
}

/*
 * Ends the session of a remote command: every process of the session, and every descendant of those, also in sessions of
 * their own. Prints "PID/START" of each process that was signalled, which a later call takes as $3: whoever ignored the
 * first signal has lost its parent, and perhaps its session, by then. START is field 22 of /proc/PID/stat and tells a
 * process from a later one of the same number. All are stopped until all have their signal: a shell whose child ends
 * first would start its next command, and a parent could have children that were not seen yet. The first line of
 * /proc/PID/cmdline, read by a shell, is the words of a command line up to the first newline, without what separates them.
 */
const stat = 'IFS= read -r kx_l <$kx_d/stat || continue; set -- ${kx_l##*) }';
const begin = [
  'kx_sig=$1; kx_seeds=$2; kx_want=$3; kx_more=$4; kx_all=; kx_sids=; kx_n=0; exec 2>/dev/null;',
  `for kx_v in $kx_seeds; do kx_d=/proc/\${kx_v%/*}; ${stat};`,
  '[ "${20}" = "${kx_v#*/}" ] && kx_all="$kx_all ${kx_v%/*}"; done;',
].join(' ');
const finish = [
  '[ "$kx_sids$kx_all" ] || exit 0;',
  'kill -STOP $kx_all; kx_more=1; while [ "$kx_more" ]; do kx_more=; for kx_d in /proc/[0-9]*; do',
  `kx_p=\${kx_d#/proc/}; case " $kx_all " in *" $kx_p "*) continue;; esac; ${stat};`,
  'case " $kx_all " in *" $2 "*) ;; *) case " $kx_sids " in *" $4 "*) ;; *) continue;; esac;; esac;',
  'kill -STOP $kx_p; kx_all="$kx_all $kx_p"; kx_more=1; done; done;',
  `for kx_p in $kx_all; do kx_d=/proc/$kx_p; ${stat}; [ "$1" = Z ] && continue;`,
  'kill -$kx_sig $kx_p && echo "$kx_p/${20}"; done; kill -CONT $kx_all',
].join(' ');

const endByNonce = [
  begin,
  'kx_want=$kx_more$kx_want; for kx_d in /proc/[0-9]*; do',
  'IFS= read -r kx_c <$kx_d/cmdline; case $kx_c in *"$kx_want"*) ;; *) continue;; esac;',
  `kx_c=; ${stat}; case " $kx_sids " in *" $4 "*) ;; *) kx_sids="$kx_sids $4";; esac; done;`,
  finish,
].join(' ');

/*
 * Without a nonce: the one session leader without a parent in the container (an exec'd process has none) that has exactly
 * these words and started no longer ago than this command. /proc/PID/stat counts in 1/100 s since boot. Two that fit are
 * one too many, and nothing is signalled.
 */
const endByWords = [
  begin,
  'read -r kx_up kx_l </proc/uptime; kx_up=${kx_up%%.*}; for kx_d in /proc/[0-9]*; do',
  'kx_c=; IFS= read -r kx_c <$kx_d/cmdline; [ "$kx_c" = "$kx_want" ] || continue;',
  `${stat}; [ "$2" = 0 ] && [ "$4" = "\${kx_d#/proc/}" ] || continue;`,
  '[ $((${20}/100)) -ge $((kx_up-kx_more)) ] || continue; kx_sids=${kx_d#/proc/}; kx_n=$((kx_n+1)); done;',
  '[ $kx_n = 1 ] || kx_sids=;',
  finish,
].join(' ');

/**
 * Ends what runs under a wrapper. `known` is what earlier calls printed. The nonce is passed in halves, the second first,
 * or this command would find itself.
 */
export function endWrapped(nonce: string, signal: Signal, known: readonly string[]): string[] {
  return ['sh', '-c', endByNonce, 'kx-end', signal.slice(3), known.join(' '), nonce.slice(12), nonce.slice(0, 12)];
}

/** Ends a command that runs without a wrapper and was asked for at most `ageSeconds` ago. */
export function endBare(
  command: readonly string[],
  ageSeconds: number,
  signal: Signal,
  known: readonly string[],
): string[] {
  const firstLine = command.join('').split('\n', 1)[0] ?? '';
  const age = String(Math.ceil(ageSeconds));
  return ['sh', '-c', endByWords, 'kx-end', signal.slice(3), known.join(' '), firstLine, age];
}
