/**
 * Lines of POSIX shell, in builtins only, that set `kx_id` to what tells this start of a container from every other: the
 * boot of the node and the time at which its first process began (field 22 of /proc/1/stat). Words of the script's
 * arguments are lost. Where /proc cannot be read it is ".".
 */
export const identityScript = [
  'kx_b=; kx_s=; { IFS= read -r kx_b </proc/sys/kernel/random/boot_id; IFS= read -r kx_s </proc/1/stat; } 2>/dev/null;',
  'set -- ${kx_s##*) }; kx_id=$kx_b.${20}',
].join(' ');
