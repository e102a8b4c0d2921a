import { identityScript } from '../container-identity.ts';
import type { Name } from '../entry.ts';
import { walkScript } from './send-without-tar.ts';
import { encodeWord } from '../shell-word.ts';

/** What the sender in the container is asked for. */
export interface SendRequest {
  /** A file, a directory, or a symlink to one. */
  readonly path: Name;
  readonly tar: boolean;
  readonly compress: 'none' | 'gzip' | 'zstd';
  /** The clock of the container when the copy began, as its first sender told it; '' in the first. */
  readonly since: string;
  /**
   * '': everything. Otherwise the members to be sent of a directory follow the script, one on each line: 'list' is these alone,
   * 'deep' with all that is in them, 'follow' files, through their symlinks.
   */
  readonly list: '' | 'list' | 'deep' | 'follow';
  /** What is there already; undefined at the beginning of the stream. */
  readonly from?: ResumePoint | undefined;
}

/** Where to go on. */
export interface ResumePoint {
  /** Offset of the entry in progress. */
  readonly start: number;
  /** Bytes of its header that are there; they are sent again. */
  readonly headerLength: number;
  /** Bytes behind them that are there, and are not sent again. */
  readonly bodyLength: number;
  /** The file whose body that is, as a member of the archive; '' for none. */
  readonly member: Name;
  /** The sums that are known of that body and are to be compared, whenever the file was changed; none: as the file demands. */
  readonly proofs: readonly ('sha256' | 'crc32')[];
}

/** What stands in place of a CRC where the file in progress was not written to since the copy began. */
export const quietMark = 'kxquiet\n';
/** What stands in front of a sum that was asked for: 64 hexadecimal digits, and what gzip ends with. */
export const sumMarks = { sha256: 'kxsha256', crc32: 'kxcrc32\n' } as const;

const block = 65536;
/** Characters of names that are given to a program at once: of 2 MiB that Linux takes, the pointers to short ones need most. */
const mostAsWords = 400_000;

/*
 * Sends a tar stream. The first line is "kx IDENTITY KIND SINCE"; then, when it goes on, the header of the entry in progress
 * again, eight bytes about the part of its body that is not sent again, and the rest of the stream. Those eight bytes are what gzip
 * ends with (CRC-32 and length, RFC 1952), the one checksum that zlib computes here as well as any container; it is slow
 * there, and is left out where the file was last changed (ctime) before the copy began. When these bytes come from an earlier
 * copy one of the sums that are known of them is compared in any case. All of it is squeezed as one.
 *
 * GNU tar writes records of 256 KiB, a third of the time of its 10 KiB. Other tars do not tell when a file grows or is written to
 * while it is read, so what was modified since is looked for behind them. bsdtar is not used: it stops at the first file that
 * it may not read, and fills up one that shrinks, as if nothing were (libarchive 3.6); nor is toybox for one file, as it takes a
 * newline off the end of its name. Where a tar takes no list it gets names as words, and is none
 * for more than fit. Proxies take request lines of 8 KiB, so what replaces a tar is sent only where it is used.
 */
const functions = [
  'kx_exact() { [ "$1" = 0 ] || dd bs=65536 count="$1" iflag=fullblock; [ "$2" = 0 ] || dd bs="$2" count=1 iflag=fullblock; } 2>/dev/null;',
  'kx_quiet() { kx_c=$(stat -L -c %Z "$kx_file") && [ "$kx_c" -lt "$kx_since" ]; } 2>/dev/null;',
  'kx_has() { case " $kx_proofs " in *" $1 "*) command -v "$2" >/dev/null 2>&1;; *) false;; esac; };',
  `kx_prove() { if kx_has sha256 sha256sum; then kx_c=$(kx_exact $kx_body | sha256sum); printf 'kxsha256%s' "\${kx_c%% *}";`,
  `elif kx_has crc32 gzip; then printf 'kxcrc32\\n'; kx_exact $kx_body | gzip -1 -c 2>/dev/null | tail -c 8; else printf 'kxnothing'; fi; };`,
  'kx_resume() { kx_exact $kx_skip >/dev/null; kx_exact $kx_again;',
  `if [ "$kx_proofs" ]; then kx_prove; elif [ "$kx_body" = "0 0" ] || kx_quiet; then kx_exact $kx_body >/dev/null; printf 'kxquiet\\n';`,
  'else kx_exact $kx_body | gzip -1 -c 2>/dev/null | tail -c 8; fi; cat; };',
  'kx_changed() { [ "$kx_since" ] && kx_c=$(date +%s) && kx_c=$((kx_c - kx_since)) && find ${kx_h:+-L} "$@" -type f -mmin -$((kx_c / 60 + 1)) -exec stat ${kx_h:+-L} -c "%Y %n" {} + |',
  'while read -r kx_c kx_v; do [ "$kx_c" -gt "$kx_since" ] && echo "tar: $kx_v: file changed as we read it" >&3; done; } 3>&2 2>/dev/null;',
  'kx_tar() { kx_v=$1; set -- $kx_h ${kx_flat:+--no-recursion};',
  'case $kx_tars in *"GNU tar"*) if [ "$kx_list" ]; then set -- "$@" -T -; else set -- "$@" "$kx_v"; fi; tar -c -b 512 --no-unquote -f - "$@" <&5; return;; esac;',
  // Not every tar takes a list. These names begin with "./", and none has a newline.
  'if [ -z "$kx_list" ]; then tar -c -f - "$@" "$kx_v"; elif [ ${#kx_l} -gt $kx_most ]; then printf "%s\\n" "$kx_l" | tar -c -f - "$@" -T -;',
  'else set -f; kx_c=$IFS; IFS=$kx_nl; set -- "$@" $kx_l; IFS=$kx_c; set +f; tar -c -f - "$@"; fi; kx_r=$?;',
  'if [ "$kx_list" ] && [ "$kx_list" != list ]; then shift $((${kx_h:+1} + ${kx_flat:+1} + 0)); kx_changed "$@"; else kx_changed "$kx_v"; fi; return $kx_r; };',
  'kx_sh() { exec 4>&1; if [ "$kx_list" ]; then while IFS= read -r kx_f; do kx_walk "$kx_f"; done <&5; else kx_walk "$1"; fi; kx_end; };',
  'kx_send() { cd "$kx_dir" 2>/dev/null || { kx_kind=denied; kx_name=; }; printf "kx %s %s %s\\n" "$kx_id" "$kx_kind" "${kx_since:--}"; [ "$kx_name" ] || return 0;',
  'if [ "$kx_skip" ]; then exec 4>&1; kx_r=$( { { $kx_how "$kx_name" 4>&-; echo $? >&3; } | kx_resume >&4 3>&-; } 3>&1 ); return "$kx_r"; fi;',
  '$kx_how "$kx_name"; };',
  'kx_squeeze() { case $kx_pack in gzip) gzip -1 -c;; zstd) zstd -q -1 -c;; esac; };',
].join(' ');

const look = [
  'kx_h=; kx_flat=; kx_l=; kx_name=; kx_dir=/; case $kx_list in list) kx_flat=1;; follow) kx_flat=1; kx_h=-h;; esac;',
  'if [ -d "$kx_p" ]; then kx_kind=directory; kx_name=.; kx_dir=$kx_p;',
  'elif [ -f "$kx_p" ]; then kx_kind=file; kx_list=; kx_flat=; kx_name=./${kx_p##*/}; kx_dir=${kx_p%/*}/; [ -L "$kx_p" ] && kx_h=-h;',
  'elif [ -e "$kx_p" ] || [ -L "$kx_p" ]; then kx_kind=other; else kx_kind=absent; fi;',
  'if [ "$kx_name" ] && [ $kx_how = kx_tar ]; then kx_tars=$(tar --version 2>&1);',
  'case $kx_kind$kx_tars in *bsdtar*|file*toybox*) kx_v=;; *"GNU tar"*) kx_v=1;;',
  '*) kx_v=1; [ -z "$kx_list" ] || kx_l=$(cat <&5); [ -z "$kx_flat" ] || tar -c --no-recursion -f - . >/dev/null 2>&1 || kx_v=;',
  '[ ${#kx_l} -le $kx_most ] || { [ $kx_list = list ] && echo . | tar -c --no-recursion -T - -f - >/dev/null 2>&1; } || kx_v=;; esac;',
  '[ "$kx_v" ] || { kx_kind=tarless; kx_name=; }; fi;',
].join(' ');

const begin = [
  'LC_ALL=C; export LC_ALL; unset CDPATH TAR_OPTIONS GZIP ZSTD_CLEVEL ZSTD_NBTHREADS;',
  'kx_p=$(printf %b. "$1"); kx_p=${kx_p%.}; kx_how=$2; kx_pack=$3; kx_since=$4; kx_now=$5; kx_skip=$6; kx_again=$7; kx_body=$8;',
  'kx_file=$(printf %b. "$9"); kx_file=${kx_file%.}; kx_list=${10}; kx_proofs=${11};',
  `${identityScript}; [ "$kx_since" ] || kx_since=$(date +%s 2>/dev/null);`,
  `kx_nl=$(printf "\\n."); kx_nl=\${kx_nl%.}; kx_most=${mostAsWords};`,
  functions,
].join(' ');

const send = [
  look,
  'if [ "$kx_pack" = none ]; then kx_send; exit; fi;',
  'exec 4>&1; kx_r=$( { { kx_send 4>&-; echo $? >&3; } | kx_squeeze >&4 3>&- || echo 98 >&3; } 3>&1 );',
  'case $kx_r in *98) exit 98;; esac; exit "$kx_r"',
].join(' ');

/** The command line of the sender. `now` (seconds since 1970) is the mtime of what has none; the same in every attempt. */
export function sendCommand({ path, tar, compress, since, list, from }: SendRequest, now: number): string[] {
  const rooted = path.startsWith('/') ? path : `./${path}`;
  const skips =
    from === undefined
      ? ['', '', '', '']
      : [blocks(from.start), blocks(from.headerLength), blocks(from.bodyLength), encodeWord(from.member)];
  const script = [begin, ...(tar ? [] : [walkScript]), send].join(' ');
  return [
    'sh',
    '-c',
    script,
    'kx-cp',
    encodeWord(rooted),
    tar ? 'kx_tar' : 'kx_sh',
    compress,
    since,
    `${now}`,
    ...skips,
    list,
    from?.proofs.join(' ') ?? '',
  ];
}

/** As blocks and bytes: not every shell can divide more than 2^31. */
function blocks(length: number): string {
  return `${Math.floor(length / block)} ${length % block}`;
}
