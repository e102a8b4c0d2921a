/*
 * What puts a command into the namespaces of another process, in any POSIX shell with grep, head, tr, readlink and nsenter:
 *
 *     sh FILE NONCE [SETTING=VALUE...] -- [NAME=VALUE...] -- COMMAND...
 *
 * Lines for kx begin with NONCE: "refused WORD" (nothing ran), "entered" (the command comes next, in its namespaces), and
 * what a shell says of a command that it cannot start.
 */

/*
 * Settings: kind (container, node), id (of the container), uid (of its pod), namespaces, user (UID:GID, or "target"), cwd (or
 * "target"), inherit (its environment), tools (the command is in this image), lend (what the place lacks is taken from this image).
 */
const begin = `
nonce=$1; shift
refuse() { echo "$nonce refused $1" >&2; exit 125; }
kind=; id=; uid=; namespaces=; user=; cwd=; inherit=; tools=; lend=
while [ "$1" != -- ]; do case $1 in
  kind=*) kind=\${1#*=} ;; id=*) id=\${1#*=} ;; uid=*) uid=\${1#*=} ;; namespaces=*) namespaces=" \${1#*=} " ;;
  user=*) user=\${1#*=} ;; cwd=*) cwd=\${1#*=} ;; inherit=*) inherit=1 ;; tools=*) tools=1 ;; lend=*) lend=1 ;;
esac; shift; done; shift
trap : INT QUIT
for each in nsenter setsid; do command -v $each >/dev/null || refuse no-nsenter; done
`;

/*
 * The first process of a container, its number and its start time, as its OCI runtime (runc, crun) wrote them down in a folder that
 * only root of the node can change. A sandboxed runtime (gVisor, Kata) leaves a bundle of containerd, but no such state.
 */
const findProcess = `
number() { grep -o "\\"$1\\" *: *[0-9]*" "$2" | head -n 1 | tr -cd 0-9; }
pid=1; began=; run=/proc/1/root/run
if [ "$kind" = container ]; then
  pid=
  for file in "$run"/containerd/runc/*/"$id"/state.json "$run"/runc/"$id"/state.json "$run"/docker/runtime-runc/*/"$id"/state.json; do
    if [ -f "$file" ]; then pid=$(number init_process_pid "$file"); began=$(number init_process_start "$file"); break; fi
  done
  [ "$pid" ] || for file in "$run"/crun/"$id"/status "$run"/containerd/runc/*/"$id"/status; do
    if [ -f "$file" ]; then pid=$(number pid "$file"); began=$(number process-start-time "$file"); break; fi
  done
  if [ ! "$pid" ] || [ ! "$began" ]; then
    for file in "$run"/containerd/*.task/*/"$id" "$run"/*/containerd/*.task/*/"$id" "$run"/docker/containerd/daemon/*.task/*/"$id"; do
      [ -d "$file" ] && refuse sandboxed
    done
    refuse unknown
  fi
fi
`;

/*
 * /proc/PID belongs to one process and never to a later one of the same number: from here on everything is read in that folder,
 * and is about one process. It is the runtime's if it began when the runtime says, and belongs to this container of this pod if its
 * cgroups do. The namespaces are opened, and if the process still lives then, they are its own. nsenter gets these open
 * files, and no number of a process.
 */
const openNamespaces = `
look() {
  { IFS= read -r line <stat; } 2>/dev/null || refuse gone
  set -- \${line##*) }
  [ "$1" != Z ] || refuse gone
  [ ! "$began" ] || [ "\${20}" = "$began" ] || refuse gone
}
cd "/proc/$pid" 2>/dev/null || refuse gone
look
if [ "$kind" = container ]; then
  other=$(echo "$uid" | tr - _); fits=
  while IFS= read -r line; do case $line in
    *pod"$uid"[./]*"$id"* | *pod"$other"[./]*"$id"*) fits=1 ;;
    *:/) ;;
    *) refuse cgroup ;;
  esac; done <cgroup
  [ "$fits" ] || refuse cgroup
fi
exec 3<ns/mnt 4<ns/net 5<ns/pid 6<ns/ipc 7<ns/uts 8<ns/user 9<ns/cgroup
look
`;

/*
 * The kernel refuses to enter the user namespace that one is in. Not every nsenter knows cgroup namespaces, which only change
 * what /proc/self/cgroup shows: among others that is let pass.
 */
const chooseNamespaces = `
enter=
for each in $namespaces; do case $each in
  mount) enter="$enter -m/proc/$$/fd/3" ;;
  net) enter="$enter -n/proc/$$/fd/4" ;;
  ipc) enter="$enter -i/proc/$$/fd/6" ;;
  uts) enter="$enter -u/proc/$$/fd/7" ;;
  user) [ ns/user -ef /proc/self/ns/user ] || enter="$enter -U/proc/$$/fd/8" ;;
  cgroup) [ ns/cgroup -ef /proc/self/ns/cgroup ] || case $(nsenter --help 2>&1) in
    *-C*) enter="$enter -C/proc/$$/fd/9" ;;
    *) [ "$namespaces" != " cgroup " ] || refuse no-cgroup ;;
  esac ;;
esac; done
`;

/*
 * The ids of the process are shown in the user namespace of who looks: "INSIDE OUTSIDE COUNT" turns them into its own. Its
 * environment is what it has made of it, so it is handed on as words, and never in the environment of nsenter, whose
 * loader would believe it. A shell cannot hold a NUL: NUL and newline change places with newline and 1.
 */
const followTarget = `
mapped() {
  while read -r inside outside count; do
    if [ "$1" -ge "$outside" ] && [ $(($1 - outside)) -lt "$count" ]; then echo $((inside + $1 - outside)); return; fi
  done <"$2"
}
if [ "$user" = target ]; then
  while read -r name first line; do case $name in
    Uid:) user=$(mapped "$first" uid_map) ;;
    Gid:) user=$user:$(mapped "$first" gid_map); break ;;
  esac; done <status
fi
[ "$cwd" != target ] || cwd=$(readlink cwd)
target=
while read -r line; do case $line in NSpid:*) target=\${line##*[!0-9]} ;; esac; done <status
home=/root
case $user in "" | 0 | 0:*) ;; *) home=/ ;; esac
count=$#; one=$(printf '\\001')
if [ "$inherit" ]; then
  while IFS= read -r line; do
    case \${line%%=*} in "" | *[!A-Za-z0-9_]* | [0-9]*) continue ;; PATH) [ ! "$tools" ] || continue ;; esac
    case $line in *"$one"*) line=$(printf '%s.' "$line" | tr '\\001' '\\n'); line=\${line%.} ;; esac
    set -- "$@" "$line"
  done <<END
$(tr '\\000\\n' '\\n\\001' <environ)
END
  while [ $count -gt 0 ]; do set -- "$@" "$1"; shift; count=$((count - 1)); done
fi
`;

/*
 * In the namespaces, by a shell: the directory is looked up there, by the user who is to be in it. What a shell adds to the
 * environment is taken out again. $0 is the nonce, and so in front of what the shell says of a command that it cannot start.
 */
const inside = [
  'if [ "$1" ]; then cd -- "$1" 2>/dev/null || { echo "$0 refused cwd" >&2; exit 125; }; fi; shift;',
  'unset PWD OLDPWD SHLVL _; while [ "$1" != -- ]; do export "$1"; shift; done; shift;',
].join(' ');
const runInside = `${inside} echo "$0 entered" >&2; exec "$@" 3<&-`;

/* A busybox that takes its own applets for commands finds those of the target only by their paths. */
const searchInside = [
  inside,
  'kx__n=$1; kx__p=$1; shift; case $kx__n in */*) ;; *) kx__p=; IFS=:; for kx__d in $PATH; do',
  'if [ -f "$kx__d/$kx__n" ] && [ -x "$kx__d/$kx__n" ]; then kx__p=$kx__d/$kx__n; break; fi; done; unset IFS;; esac;',
  'echo "$0 entered" >&2; [ "$kx__p" ] || { echo "$0: $kx__n: not found" >&2; exit 127; };',
  'exec -a "$kx__n" "$kx__p" "$@" 3<&-',
].join(' ');

/*
 * In the files of the tools image, with a /proc of the target's processes. A user other than root is one only behind that.
 */
const insideTools = [
  'mount -t proc proc /proc || { echo "$0 refused no-proc" >&2; exit 125; };',
  'export KX_TARGET_ROOT="/proc/$1/root"; ids=$2; inside=$3; shift 3;',
  'exec ${ids:+nsenter $ids --} sh -c "$inside" "$0" "$@"',
].join(' ');

/*
 * Who enters a PID namespace is not in it, but its children are: this shell, which has the files of the namespaces, waits outside
 * for a child that is born inside and enters the others. The child leads a session of its own, of which the terminal becomes
 * the terminal: its numbers would have no meaning inside otherwise, and Ctrl-C would end who waits. What is lent stands last in
 * PATH, as an open folder that all that follows inherits.
 */
const wait = [
  'user=$1; path=$2; home=$3; tools=$4; folder=$5; lend=$6; shift 6; trap : INT QUIT; exec 5>&2 2>/dev/null;',
  '( exec 2>&5 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; [ ! "$folder" ] || exec 3<"$folder"; [ ! "$lend" ] || exec 9<"$folder"; cd /;',
  'session=setsid; [ ! -t 0 ] || session="setsid -c";',
  'if [ "$tools" ]; then exec $session nsenter "$@"; fi;',
  'exec env -i PATH="$path" HOME="$home" ${TERM:+TERM="$TERM"} $session nsenter $user "$@" ); exit $?',
].join(' ');

/*
 * The shell in the namespaces is the helper's own where it needs no libraries: by an open folder, since its files are not there.
 * So the target need not have one. Otherwise it is the target's, if anything is to be done before the command.
 */
const run = `
case $user in *:*) user="-S \${user%%:*} -G \${user#*:}" ;; ?*) user="-S $user -G $user" ;; esac
inside='${runInside}'; shell=sh; folder=; path=$PATH
case $namespaces in *" mount "*)
  path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  [ "$cwd" ] || [ "$1" != -- ] || shell=
  case $kind$namespaces in node* | *" pid "*)
    file=$(readlink /proc/$$/exe)
    if ! head -c 4096 "$file" | grep -q /ld-; then
      folder=\${file%/*}; shell=/proc/self/fd/3/\${file##*/}
      case \${file##*/} in busybox*) shell="$shell sh" ;; esac
      case $(command -v nsenter) in */*) ;; *) inside='${searchInside}' ;; esac
      [ ! "$lend" ] || path=$path:/proc/self/fd/9
    fi ;;
  esac ;;
esac
if [ "$tools" ]; then set -- unshare -m sh -c '${insideTools}' "$nonce" "$target" "$user" "$inside" "$cwd" "$@"
elif [ "$shell" ]; then set -- $shell -c "$inside" "$nonce" "$cwd" "$@"
else shift; echo "$nonce entered" >&2
fi
set -- sh -c '${wait}' "$nonce" "$user" "$path" "$home" "$tools" "$folder" "\${lend:+$folder}" $enter -- "$@"
look
case $namespaces in *" pid "*) set -- nsenter -F -p/proc/$$/fd/5 -- "$@" ;; esac
exec "$@"
`;

/** The whole. */
export const enterScript = [begin, findProcess, openNamespaces, chooseNamespaces, followTarget, run].join('');
