/*
 * Looks at a container for `kx cp`. Arguments: pairs of 'literal' or 'glob' and a path (encodeWord). Everything it says is
 * a text with a NUL behind it, which no name can have: which tar, a line with the other tools, the user, then for each path
 * "path" and what was found, and at last "end".
 *
 * A pattern is a variable that is not quoted: no shell takes what comes out of one for code, and with an empty IFS it is not
 * split. A pattern that fits nothing stands for itself, and is not there.
 */
export const probeScript = [
  'LC_ALL=C; export LC_ALL; exec 2>/dev/null; kx_say() { printf "%s\\0" "$@"; };',
  'kx_v=; command -v tar >/dev/null && kx_v=$(tar --version 2>&1) && kx_v=${kx_v:-?};',
  'case $kx_v in *"GNU tar"*) kx_say gnu;; *bsdtar*) kx_say bsd;; *[Bb]usy[Bb]ox*) kx_say busybox;; *toybox*) kx_say toybox;;',
  '*) if command -v tar >/dev/null; then kx_say unknown; else kx_say ""; fi;; esac;',
  'kx_v=; for kx_t in gzip zstd sha256sum find dd; do command -v $kx_t >/dev/null && kx_v="$kx_v $kx_t"; done; kx_say "$kx_v ";',
  'kx_u=; while read -r kx_k kx_a kx_b kx_v; do [ "$kx_k" = Uid: ] && kx_u=$kx_b; done </proc/self/status; kx_say "${kx_u:-$(id -u)}";',
  // What comes before the last name of a path.
  'kx_parent() { kx_v=$1; while :; do case $kx_v in ?*/) kx_v=${kx_v%/};; *) break;; esac; done;',
  'case $kx_v in */*) kx_v=${kx_v%/*}/;; *) kx_v=./;; esac; };',
  // kx_look PATH: a path that may begin with anything as one that a test takes for a path.
  'kx_look() { kx_p=$1; case $kx_p in /*) ;; *) kx_p=./$kx_p;; esac; kx_l=; [ -L "$kx_p" ] && kx_l=link; kx_w=; [ -w "$kx_p" ] && kx_w=writable; kx_d=; kx_s=;',
  'if [ -f "$kx_p" ]; then kx_k=file; elif [ -d "$kx_p" ]; then kx_k=directory; elif [ -e "$kx_p" ]; then kx_k=other;',
  'elif [ "$kx_l" ]; then kx_k=dangling; else kx_k=absent; kx_parent "$kx_p"; [ -d "$kx_v" ] && kx_d=parent; [ -w "$kx_v" ] && kx_w=writable;',
  'case $kx_p in */) while :; do case $kx_p in ?*/) kx_p=${kx_p%/};; *) break;; esac; done; [ -e "$kx_p" ] && kx_k=not-a-directory;; esac; fi;',
  '[ $kx_k$2 = fileliteral ] && kx_s=$(stat -L -c %s "$kx_p"); kx_say found "$1" $kx_k "$kx_l" "$kx_w" "$kx_d" "$kx_s"; };',
  'while [ $# -gt 1 ]; do kx_say path; kx_v=$(printf %b. "$2"); kx_v=${kx_v%.};',
  'if [ "$1" = literal ]; then kx_look "$kx_v" literal; else kx_i=; case $kx_v in /*) ;; *) kx_i=./; kx_v=./$kx_v;; esac; IFS=;',
  'for kx_f in $kx_v; do if [ -e "$kx_f" ] || [ -L "$kx_f" ]; then kx_look "${kx_f#"$kx_i"}" glob; fi; done; unset IFS; fi; shift 2; done; kx_say end',
].join(' ');
