/** Where the files of a node pod are in it: in memory, as its root is read-only. */
export const folderOfFiles = '/dev/shm/kx';

/** After so many seconds without a beat of a lease a pod ends itself. */
export const idleSeconds = 60;

/*
 * The first process of a node pod: `sh -c SCRIPT NAME DEADLINE IDLE [FILE CONTENT]...`, both in seconds. It ends when the deadline is
 * reached, when IDLE is not 0 and nothing has changed `beat` for that long, or by SIGUSR1. With it the runtime ends
 * whatever runs in the container. SIGTERM is that of a deletion which is to come true when this process has ended.
 */
export const watchdog = [
  `trap "" TERM HUP INT; trap "exit 0" USR1; umask 077; kx=${folderOfFiles}; mkdir -p $kx; left=$1; limit=$2; shift 2;`,
  'while [ $# -gt 1 ]; do printf %s "$2" >"$kx/$1"; shift 2; done;',
  'echo $$ >$kx/new; mv $kx/new $kx/main; idle=0; last=;',
  'while [ $left -gt 0 ]; do sleep 5 & wait $!; left=$((left - 5)); now=; [ ! -f $kx/beat ] || IFS= read -r now <$kx/beat;',
  'if [ "$now" != "$last" ]; then last=$now; idle=0;',
  'elif [ $limit -gt 0 ]; then idle=$((idle + 5)); [ $idle -lt $limit ] || exit 0; fi; done',
].join(' ');

/** The other end of a lease: says "ready", takes a line for each beat, and ends the pod at the line "over". */
export const lease = [
  `kx=${folderOfFiles}; until [ -s $kx/main ]; do sleep 0.02 || sleep 1; done; IFS= read -r main <$kx/main; echo ready; n=0;`,
  'while IFS= read -r line; do case $line in over) kill -USR1 $main; exit;; esac;',
  'n=$((n + 1)); echo "$$ $n" >$kx/beat; done',
].join(' ');

/** Ends a pod whose lease was lost. */
export const endPod = `IFS= read -r main <${folderOfFiles}/main && kill -USR1 $main`;
