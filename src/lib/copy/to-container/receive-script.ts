import { identityScript } from '../container-identity.ts';
import type { Name } from '../entry.ts';
import { encodeWord } from '../shell-word.ts';

/*
 * The receiver: what takes commands from stdin in a container, one line of any POSIX shell (dash, bash, busybox ash). A
 * command is a line `LETTER NUMBER WORDS`, then a line for each of its names, then its bytes, as many as the line says, and
 * a line with a dot, which proves that they were taken whole. It is answered by the lines of what the tools said, `! ...`,
 * and a last one, `= NUMBER STATUS WORDS`. Whatever is done twice ends the same, so that it can be sent again.
 *
 * $1 marks the receivers of one copy, $2 is the process (or, negative, the group) of one that went before, and $3 asks for
 * batches to be kept in memory until they are whole. Behind the script comes the name of the directory to work in, and it says
 *
 *     kx PID UMASK d|e|m SHM IDENTITY
 *
 * with what there is under its name (a directory, something else, nothing), and 1 when batches are kept. `dd` is what takes
 * an exact number of bytes and not one more. stderr goes nowhere but stays open: containerd closes stdin when it ends.
 * Variables: i number, v a name, y and z two of them, o what a tool said, s its status, w words of the answer.
 *
 * Bytes may come compressed, as one member: then f says with what, g and h how long that is, and what comes out is as long as
 * the other words say. Both lengths are exact: a dot behind what comes out proves that, and that the tool ended well.
 *
 * What a copy left of a file has a name beside it with the mark of that copy in it. It is free for another when that copy is
 * known to be over, or else when no process names its mark and it was not written to for a minute.
 */
const functions = [
  'name() { IFS= read -r v || exit; case $v in e*) v=$(printf "%b." "${v#e}"); v=${v%.};; *) v=${v#p};; esac; };',
  'names() { name; y=$v; name; z=$v; };',
  'dot() { read -r v; [ "$v" = . ] || exit; };',
  'say() { n=0; set -f; IFS=$nl; for l in $o; do [ $n = 200 ] && break; n=$((n+1)); printf "! %s\\n" "$l"; done;',
  'IFS=" "; set +f; printf "= %s %s %s\\n" $i $s "$w"; };',
  'take() { [ $1 = 0 ] || dd bs=65536 count=$1 iflag=fullblock; [ $2 = 0 ] || dd bs=$2 count=1 iflag=fullblock; };',
  // Runs a function on the bytes. 8 and 9 are of one that did not take them, 7 is of bytes that do not unpack.
  'unpack() { [ "$f" ] || { "$@"; return; }; take $g $h | if $f -dc; then echo .; else dd bs=65536 of=/dev/null; fi |',
  '( "$@"; r=$?; case $r in [89]) ;; *) IFS= read -r l && [ "$l" = . ] || r=7;; esac; dd bs=65536 of=/dev/null; exit $r ); };',
  // A directory of the tree that may not be written to may be made so: it gets its mode in the end.
  'able() { [ -w "${1%/*}" ] || [ "${1%/*}" = . ] || chmod u+rwx "${1%/*}" 2>/dev/null; };',
  // dd cuts a file off where it begins to write; the bytes behind the last whole block are appended.
  'put() { [ $d = 0 ] || [ -f "$v" ] || { echo gone >&2; return 9; }; umask 077; able "$v"; { true >>"$v"; } || return 9;',
  'if [ $a = 0 ]; then true >"$v"; else dd bs=65536 count=$a seek=$d iflag=fullblock of="$v"; fi || return 8;',
  '[ $b = 0 ] || dd bs=$b count=1 iflag=fullblock >>"$v" || return 8; };',
  'keep() { dd bs=$a count=$b iflag=fullblock of=/proc/self/fd/4; };',
  'untar() { dd bs=$a count=$b iflag=fullblock | { umask $e; tar $d -f - 2>&1; s=$?; dd bs=65536 of=/dev/null; exit $s; }; };',
  'size() { set -- "$1" $(ls -lnL "$1"); n=$6; [ "$n" ] || n=$(wc -c <"$1"); };',
  // The owner first: changing it takes the set-user-ID bit away.
  'attr() { [ $f = - ] || chown $f "$1"; [ $b = - ] || chmod $b "$1";',
  '[ $d = - ] || touch -d @$d "$1" 2>/dev/null || TZ=UTC0 touch -t $e "$1"; };',
  'fits() { size "$1"; [ $n -eq $a ] || { echo "$n bytes were stored of $a" >&2; return 1; }; };',
  'plain() { [ ! -d "$z" ] || [ -L "$z" ] || { echo "it is a directory" >&2; return 1; }; };',
  // A staging file that is gone was moved by the same command before.
  'commit() { case $g in direct) fits "$z" && { attr "$z"; return 0; }; return 1;; esac;',
  'if [ ! -f "$y" ]; then [ -f "$z" ] && fits "$z" && return; return 1; fi; fits "$y" || return 1;',
  'if [ $g = over ]; then { cat "$y" >"$z"; } || return 1; [ ! -f "$z" ] || { fits "$z" || return 1; attr "$z"; };',
  'rm -f "$y"; return; fi;',
  'plain || return 1; [ ! -d "$z" ] || rm -f "$z"; attr "$y"; mv -f "$y" "$z" 2>/dev/null && return;',
  // A mount point cannot be replaced, only written to.
  'if [ -f "$z" ]; then { cat "$y" >"$z"; } && fits "$z" && attr "$z" && rm -f "$y"; else mv -f "$y" "$z"; fi; };',
  'link() { able "$z"; plain || return 1; rm -f "$z"; ln -s -- "$y" "$z" || return 1; [ $f = - ] || chown -h $f "$z";',
  '[ $d = - ] || touch -h -d @$d "$z" 2>/dev/null; return 0; };',
  'hard() { [ "$y" -ef "$z" ] && return; able "$z"; plain || return 1; rm -f "$z"; ln "$y" "$z" 2>/dev/null && return;',
  'cp -p "$y" "$z" && echo "copied, as it cannot be a hard link here"; };',
  'free() { case ,$b, in *",$m,"*) k=1;; *) k=;; esac; for p in /proc/[0-9]*; do r=; IFS= read -r r <$p/cmdline; case $r in *"$m"*)',
  '[ "$k" ] || return 1; p=${p#/proc/}; case $r in *"kx-cp-$m"*|dd*of=*) kill -KILL "-$p" || kill -KILL "$p";; esac;; esac; done; [ "$k" ] && return;',
  'r=$(date +%s) && p=$(stat -c %Y "$l") && [ $((r-p)) -ge 60 ]; };',
  // Calls $1 for each that is free.
  'left() { for l in "$y"*; do m=${l#"$y"}; m=${m%%-*}; case $m in *[!0-9a-f]*) continue;; ????????) ;; *) continue;; esac;',
  'if [ "$l" != "$z" ] && [ -f "$l" ] && [ ! -L "$l" ] && free; then "$1"; fi; done; };',
  'larger() { size "$l"; if [ $n -gt $x ]; then x=$n; q=$l; fi; }; gone() { rm -f "$l"; };',
  // The whole blocks of a file, $1 at most, and their SHA-256, or else what gzip ends with, CRC-32 and length (RFC 1952).
  'sum() { size "$z"; n=$((n/65536)); [ $n -le $1 ] || n=$1; set -- $(dd if="$z" bs=65536 count=$n | sha256sum); w="$n sha $1";',
  '[ "$1" ] || { set -- $(dd if="$z" bs=65536 count=$n | gzip -1 -c | tail -c 8 | od -b); w="$n crc $2 $3 $4 $5"; }; };',
  'folder() { able "$v"; [ -d "$v" ] || mkdir "$v" || return 1; [ -w "$v" ] || chmod u+rwx "$v"; };',
];

const begin = [
  'LC_ALL=C; EXTRACT_UNSAFE_SYMLINKS=1; export LC_ALL EXTRACT_UNSAFE_SYMLINKS; unset GZIP; exec 3>&2 2>/dev/null;',
  'IFS=" "; nl=$(printf "\\nx"); nl=${nl%x};',
  'dd bs=1 count=0 iflag=fullblock </dev/null || { echo "kx dd"; exit 126; };',
  // Another writer of the same files would undo what this one does.
  'if [ "$2" ]; then l=; IFS= read -r l </proc/${2#-}/cmdline; case $l in *"$1"*) kill -KILL "$2";; esac; fi;',
  `id() { ${identityScript}; };`,
  'u=; if [ "$3" ]; then v=/dev/shm/$1; (set -C; umask 077; true >"$v") && exec 4<>"$v" && rm -f "$v" &&',
  'dd bs=1 count=0 of=/proc/self/fd/4 </dev/null && u=1; fi;',
  'name; t=$v; if [ -d "$t" ]; then n=d; elif [ -e "$t" ] || [ -L "$t" ]; then n=e; else n=m; fi;',
  'w=$n; id; printf "kx %s %s %s %s %s\\n" $$ "$(umask)" $w ${u:-0} "$kx_id";',
];

const loop = [
  'while read -r c i a b d e f g h; do o=; w=; s=0; case $c in',
  // Makes the directory and goes there.
  'm) { [ -d "$t" ] || o=$(mkdir "$t" 2>&1); } && o=$(cd "$t" 2>&1) && cd "$t" || { s=1; say; exit 1; };;',
  // Unpacks a batch.
  't) if [ "$u" ]; then unpack keep; else o=$(unpack untar); fi; s=$?; [ "$f" ] && [ $s = 7 ] && { echo "kx pack"; exit; };',
  'if [ "$u" ]; then [ $s = 0 ] || { echo "kx shm"; exit; }; dot; o=$(umask $e; tar $d -f - </proc/self/fd/4 2>&1); s=$?; else dot; fi;;',
  // Opens a file: says whether it is made anew, written over, or written directly.
  'o) names; if plain; then w=new; [ ! -e "$z" ] || w=over; o=$({ true >>"$y"; } 2>&1); s=$?;',
  'if [ $s != 0 ] && [ -f "$z" ] && [ -w "$z" ]; then w=direct; o=; s=0; fi; else o="it is a directory"; s=1; fi;;',
  // Stores a part of a file. Behind a failed write nobody knows how much of the input is left.
  'p) name; o=$(unpack put 2>&1); s=$?; case $s in 0) o=;; 7) echo "kx pack"; exit;;',
  '9) [ "$f" ] || take $a $b >/dev/null;; *) say; exit;; esac; dot;;',
  'c) names; o=$(commit 2>&1); s=$?;;',
  'q) name; w=gone; [ ! -f "$v" ] || { size "$v"; w=$n; };;',
  // Tells of each of some names what it is: a directory, something else, nothing.
  'h) while [ $b != 0 ]; do name; n=n; if [ -d "$v" ]; then n=d; elif [ -e "$v" ]; then n=e; fi; w=$w$n; b=$((b-1)); done;;',
  'd) name; o=$(folder 2>&1); s=$?;;',
  'a) name; o=$(attr "$v" 2>&1); s=$?;;',
  // A mode for many.
  'g) set --; while [ $b != 0 ]; do name; set -- "$@" "$v"; b=$((b-1)); done; o=$(chmod $a "$@" 2>&1); s=$?;;',
  'l) names; o=$(link 2>&1); s=$?;;',
  'k) names; o=$(hard 2>&1); s=$?;;',
  'x) name; o=$(rm -f "$v" 2>&1); s=$?;;',
  // Takes the largest that was left of a file, and tells what is in it; removes what was left.
  'r) names; able "$z"; [ -s "$z" ] || { q=; x=0; left larger; [ -z "$q" ] || mv -f "$q" "$z"; }; w=none; [ ! -s "$z" ] || sum $a;;',
  'w) names; left gone;;',
  'e) say; exit 0;;',
  '*) exit 1;; esac; say; done; exit 1',
];

/** The first line that a receiver is sent: as an argument it would be longer than the URLs that some proxies take. */
export const receiveScript = [...functions, ...begin, ...loop].join(' ');

/** What a receiver is started with. */
export interface ReceiverStart {
  /** Marks the receivers of one copy; nobody else can guess it. */
  readonly nonce: string;
  /** The process to end before, or, negative, its whole group; undefined: none. */
  readonly replaces: number | undefined;
  /** Whether batches are kept in memory until they are whole. */
  readonly keepBatches: boolean;
}

/** The command line of a receiver; the script comes by stdin. */
export function receiveCommand({ nonce, replaces, keepBatches }: ReceiverStart): string[] {
  return [
    'sh',
    '-c',
    'IFS= read -r v && eval "$v"',
    'kx-receive',
    nonce,
    replaces?.toString() ?? '',
    keepBatches ? 'shm' : '',
  ];
}

/** The line of a name: as it is, or with escapes that `printf %b` takes out, for it may have a newline. */
export function nameLine(name: Name): string {
  return name.includes('\n') ? `e${encodeWord(name)}\n` : `p${name}\n`;
}

/** The first line of a receiver. */
export interface Hello {
  readonly pid: number;
  readonly umask: number;
  /** What stands under the name of the directory to work in. */
  readonly found: 'directory' | 'other' | 'nothing';
  readonly keepsBatches: boolean;
  /** The same for as long as the container is. */
  readonly identity: string;
}

/** undefined: it is another line. */
export function parseHello(line: string): Hello | undefined {
  const [, pid, umask = '', found, keeps, identity = ''] = /^kx (\d+) (\d+) ([dem]) ([01]) (.*)$/.exec(line) ?? [];
  if (pid === undefined) return undefined;
  return {
    pid: Number(pid),
    umask: parseInt(umask, 8),
    found: found === 'd' ? 'directory' : found === 'e' ? 'other' : 'nothing',
    keepsBatches: keeps === '1',
    identity,
  };
}

/** What a command came to. */
export interface Answer {
  /** 0, or why not; above 128 for a tool that a signal ended. */
  readonly status: number;
  readonly words: string;
  /** What the tools said, at most 200 lines, as bytes. */
  readonly said: readonly Name[];
}

/** undefined: it is another line. */
export function parseAnswer(line: string, said: readonly Name[]): { id: number; answer: Answer } | undefined {
  const [, id, status, words = ''] = /^= (\d+) (\d+) (.*)$/.exec(line) ?? [];
  return id === undefined ? undefined : { id: Number(id), answer: { status: Number(status), words, said } };
}
