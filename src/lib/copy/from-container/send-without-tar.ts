/*
 * A tar in sh, for containers without one: `kx_walk PATH` writes the entries of PATH and `kx_end` what ends an archive.
 *
 * Names and numbers go into PAX headers, as a shell cannot add up the bytes of a name; the checksum of what is left is a
 * constant and a sum of digits. A body is `cat`, filled up by /dev/zero and cut to the size that was told, so that a file
 * that changes leaves the archive whole; what came of it is said on stderr in the words of GNU tar. Needs `cat`, and `head`
 * or `dd`; `stat`, else `wc` for sizes (modes are then a guess, and mtimes are `kx_now`); `readlink` for symlinks. Hard
 * links become files.
 */

/** What a header is made of: fields with the digits of `mode` and `size` as '0', and what printf makes of it. */
const fields: readonly { readonly text: string; readonly format: string }[] = [
  { text: `kx\0${' '.repeat(97)}`, format: 'kx\\000%97s' },
  { text: '0000000\0', format: '%s\\000' },
  { text: '0000000\0'.repeat(2), format: '0000000\\0000000000\\000' },
  { text: '00000000000\0', format: '%s\\000' },
  { text: '00000000000\0', format: '00000000000\\000' },
  { text: ' '.repeat(8), format: '%06o\\000 ' },
  { text: '\0', format: '%s' },
  { text: `\0${' '.repeat(99)}`, format: '\\000%99s' },
  { text: 'ustar\x0000', format: 'ustar\\00000' },
  { text: `\0${' '.repeat(246)}`, format: '\\000%246s' },
];
const headerFormat = fields.map(({ format }) => format).join('');
const headerSum = fields.reduce(
  (sum, { text }) => Buffer.from(text, 'latin1').reduce((part, byte) => part + byte, sum),
  0,
);

/**
 * Defines `kx_walk` and `kx_end`. They need `kx_exact`, `kx_nl`, `kx_now`, `kx_h` (not empty: follow the root), `kx_list` (not empty:
 * what is walked was listed), `kx_flat` (not empty: of a directory only itself), and take the descriptors 3 and 4.
 */
export const walkScript = [
  'kx_bad=0; kx_hd=$(command -v head);',
  // kx_say PATH WORDS; kx_fail makes the exit status tell of it.
  'kx_say() { printf "tar: %s: %s\\n" "$1" "$2" >&2; }; kx_fail() { kx_bad=2; kx_say "$@"; };',
  'kx_first() { if [ "$kx_hd" ]; then head -c "$1"; else kx_exact $(($1 / 65536)) $(($1 % 65536)); fi; };',
  // kx_pax KEY VALUE: adds a record, whose length counts its own digits.
  'kx_pax() { kx_l=$((${#1} + ${#2} + 3)); kx_m=$((kx_l + ${#kx_l})); [ ${#kx_m} = ${#kx_l} ] || kx_m=$((kx_l + ${#kx_m}));',
  'kx_x="$kx_x$kx_m $1=$2$kx_nl"; };',
  'kx_pad() { [ "$1" = 0 ] || printf "%${1}s" ""; };',
  // kx_head TYPE CODE-OF-TYPE MODE SIZE
  'kx_head() { kx_m=$3; while [ ${#kx_m} -lt 7 ]; do kx_m=0$kx_m; done; kx_o=$(printf %011o "$4");',
  `kx_l=$kx_m$kx_o; kx_c=$((${headerSum} + $2)); while [ "$kx_l" ]; do kx_v=\${kx_l#?}; kx_c=$((kx_c + \${kx_l%"$kx_v"})); kx_l=$kx_v; done;`,
  `printf '${headerFormat}' '' "$kx_m" "$kx_o" "$kx_c" "$1" '' ''; };`,
  // kx_stat PATH: mode, uid, gid, size, mtime
  'kx_stat() { stat ${kx_h:+-L} -c "%a %u %g %s %Y" "$1" 2>/dev/null && return; if [ ! -f "$1" ] || { [ -L "$1" ] && [ -z "$kx_h" ]; }; then echo "755 0 0 0 $kx_now"; return; fi;',
  'if [ -x "$1" ]; then kx_m=755; else kx_m=644; fi; kx_v=$(wc -c <"$1") && echo "$kx_m 0 0 $((kx_v)) $kx_now"; };',
  // kx_entry TYPE CODE-OF-TYPE PATH LINK MODE UID GID SIZE MTIME
  'kx_entry() { kx_x=; kx_pax path "$3"; [ -z "$4" ] || kx_pax linkpath "$4";',
  'kx_pax uid "$6"; kx_pax gid "$7"; kx_pax size "$8"; kx_pax mtime "$9";',
  'kx_head x 120 0 ${#kx_x}; printf %s "$kx_x"; kx_pad $(((512 - ${#kx_x} % 512) % 512)); kx_head "$1" "$2" "$5" 0; };',
  'kx_body() { kx_r=$( { { cat <"$1" 3>&-; echo $? >&3; cat /dev/zero; } 2>/dev/null 4>&- | kx_first $((($2 + 511) / 512 * 512)) >&4 3>&-; } 3>&1 ); };',
  'kx_file() { if [ ! -r "$1" ]; then kx_fail "$1" "Cannot open: Permission denied"; return; fi;',
  'kx_t=$(kx_stat "$1") || { kx_fail "$1" "Cannot tell its size without stat and wc"; return; };',
  'kx_entry 0 48 "$1" "" $kx_t; set -- "$1" $kx_t; [ "$5" = 0 ] && return; kx_body "$1" "$5"; kx_v=$(kx_stat "$1"); kx_m=$kx_v; kx_v=${kx_v% *}; kx_v=${kx_v##* };',
  'if [ "${kx_v:-0}" -lt "$5" ]; then kx_fail "$1" "File shrank by $(($5 - ${kx_v:-0})) bytes; padding with zeros";',
  'elif [ "$kx_r" != 0 ] && [ "$kx_r" != 141 ]; then kx_fail "$1" "Read error";',
  'elif [ "$kx_m" != "$kx_t" ]; then kx_say "$1" "file changed as we read it"; fi; };',
  'kx_link() { if kx_v=$(readlink "$1" && echo .); then kx_v=${kx_v%??}; kx_entry 2 50 "$1" "$kx_v" $(kx_stat "$1" | { read -r kx_a kx_b kx_c kx_d kx_e; echo 777 "$kx_b" "$kx_c" 0 "$kx_e"; });',
  'else kx_fail "$1" "Cannot read the link"; fi; };',
  'kx_walk() { if [ -L "$1" ] && [ -z "$kx_h" ]; then kx_link "$1"; elif [ -f "$1" ]; then kx_file "$1";',
  'elif [ ! -d "$1" ]; then if [ -z "$kx_list" ] || [ -e "$1" ]; then kx_say "$1" "special file ignored";',
  'else kx_fail "$1" "Cannot stat: No such file or directory"; fi; else',
  'kx_entry 5 53 "$1/" "" $(kx_stat "$1" | { read -r kx_a kx_b kx_c kx_d kx_e; echo "$kx_a" "$kx_b" "$kx_c" 0 "$kx_e"; });',
  '[ -z "$kx_flat" ] || return 0; if [ ! -r "$1" ] || [ ! -x "$1" ]; then kx_fail "$1" "Cannot open: Permission denied"; return; fi;',
  'for kx_f in "$1"/* "$1"/.[!.]* "$1"/..?*; do if [ -e "$kx_f" ] || [ -L "$kx_f" ]; then kx_walk "$kx_f"; fi; done; fi; };',
  'kx_end() { kx_first 1024 </dev/zero; return $kx_bad; };',
].join(' ');
