/**
 * The first process of a container, as a script for sh in new mount, PID, UTS and IPC namespaces. It makes the root,
 * says its PID as the machine sees it, and then waits for the end of its stdin: that comes when the sandbox ends, however
 * it ends, and with the first process of a PID namespace the kernel ends all others.
 *
 * The root is a file system in memory, so that nothing is left behind, and without devices: root in a container that root
 * started could else make one of the machine's disk. SIGCHLD is ignored so that the kernel reaps orphans. Where only one
 * user id is mapped nobody can give files away, which tar does as root: there tar is told not to.
 *
 * Reads from the environment, which ends with the last line: KX_HOSTNAME, KX_HOSTS, and KX_ONE_USER (empty, or set where one user id is mapped).
 */
export const containerRootScript = String.raw`
set -eu
read -r pid rest </proc/self/stat
mount -t tmpfs -o mode=0755,nodev sandbox /mnt
cd /mnt
mkdir -p usr etc tmp root home opt srv mnt media var/tmp var/log run dev/pts dev/shm proc sys .machine
chmod 1777 tmp var/tmp dev/shm
chmod 0700 root
mount --rbind /usr usr
for each in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$each" ]; then ln -s "usr/$each" "$each"
  elif [ -d "/$each" ]; then mkdir "$each"; mount --rbind "/$each" "$each"
  fi
done
for each in null zero full random urandom tty; do
  : >"dev/$each"
  mount --bind "/dev/$each" "dev/$each"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
ln -s pts/ptmx dev/ptmx
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t proc proc proc
for each in sys sysrq-trigger irq bus; do
  if [ -e "proc/$each" ]; then mount --rbind "proc/$each" "proc/$each"; mount -o remount,bind,ro "proc/$each"; fi
done
printf '%s\n' root:x:0:0:root:/root:/bin/sh daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin \
  www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin >etc/passwd
printf '%s\n' root:x:0: daemon:x:1: tty:x:5: www-data:x:33: nogroup:x:65534: >etc/group
printf '%s\n' "$KX_HOSTNAME" >etc/hostname
printf '%s\n' "$KX_HOSTS" >etc/hosts
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >etc/nsswitch.conf
cat /etc/resolv.conf >etc/resolv.conf 2>/dev/null || true
(
  cd /etc
  cp -RP --parents alternatives ca-certificates ld.so.cache ld.so.conf localtime mime.types os-release protocols \
    services ssl/certs terminfo vim /mnt/etc 2>/dev/null || true
)
if [ -n "$KX_ONE_USER" ] && tar=$(command -v tar); then
  mkdir run/kx
  : >run/kx/tar
  mount --bind "$tar" run/kx/tar
  printf '#!/bin/sh\nTAR_OPTIONS="--no-same-owner $TAR_OPTIONS" exec /run/kx/tar "$@"\n' >run/kx/tar.sh
  chmod 0755 run/kx/tar.sh
  mount --bind run/kx/tar.sh "./$tar"
fi
while read -r _ _ _ _ at _; do
  case $at in /mnt/usr|/mnt/usr/*|/mnt/bin|/mnt/sbin|/mnt/lib|/mnt/lib32|/mnt/lib64|/mnt/libx32) mount -o remount,bind,ro "$at" ;; esac
done </proc/self/mountinfo
hostname "$KX_HOSTNAME" 2>/dev/null || true
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine
echo "$pid"
exec env -i --ignore-signal=CHLD cat >/dev/null
`;
