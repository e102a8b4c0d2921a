/**
 * Lines of POSIX shell, in builtins only, that set `kx_id` to what tells this start of a container from every other: the
 * boot of the node, the time at which its first process began (field 22 of /proc/1/stat), and the number of its root mount,
 * as that process may be the pod's. The script's own arguments are lost. Where /proc cannot be read it is "..".
 */
export const identityScript = [
  'kx_b=; kx_s=; kx_m=; { IFS= read -r kx_b </proc/sys/kernel/random/boot_id; IFS= read -r kx_s </proc/1/stat;',
  'read -r kx_m kx_v </proc/self/mountinfo; } 2>/dev/null;',
  'set -- ${kx_s##*) }; kx_id=$kx_b.${20}.$kx_m',
].join(' ');
