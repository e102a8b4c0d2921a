#!/bin/bash
# init.sh NAME IP FOLDER BIN IMAGES HERE - PID 1 of a node, in mount, PID, UTS, IPC and cgroup namespaces of its own.
# Builds the node's root in FOLDER/root, from the machine's programs and from FOLDER/etc, moves into it and goes on as supervise.sh.
set -eu
name=$1 ip=$2 folder=$3 bin=$4 images=$5 here=$6
root=$folder/root

bind_read_only() { # FROM TO
  mount --bind "$1" "$2"
  mount -o remount,bind,ro "$2"
}

build_root() {
  mkdir -p "$root"
  mount --bind "$root" "$root"
  cd "$root"
  mkdir -p usr etc/kubernetes etc/cni/net.d run tmp dev proc sys root home mnt opt/kx/{bin,images,node} .old \
    var/lib/{kubelet,containerd,cni} var/log/{pods,containers} var/tmp
  for link in bin sbin lib lib64; do ln -s "usr/$link" "$link"; done
  ln -s ../run var/run
  bind_read_only /usr usr
  bind_read_only "$bin" opt/kx/bin
  bind_read_only "$images" opt/kx/images
  bind_read_only "$here" opt/kx/node
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  mkdir -p run/kx run/lock
  mount -t proc proc proc
  mount -t sysfs sysfs sys
}

build_devices() { # a private /dev: nothing that a privileged container does there reaches the machine's
  mount -t tmpfs -o mode=755 tmpfs dev
  mkdir -p dev/pts dev/shm dev/mqueue
  for device in null zero full random urandom tty kmsg fuse; do
    [ -e "/dev/$device" ] || continue
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
  mount -t tmpfs tmpfs dev/shm
  mount -t mqueue mqueue dev/mqueue
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
}

build_cgroups() { # in a cgroup namespace the node's own group is the root of each hierarchy
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    if [ -z "$controllers" ] || [ ! -d "/sys/fs/cgroup/${controllers#name=}" ]; then continue; fi
    mkdir "sys/fs/cgroup/${controllers#name=}"
    mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/${controllers#name=}"
  done </proc/self/cgroup
}

show_kernel_settings() { # kubelet writes these six, which are the machine's, where they differ: so it is shown what it wants to see
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    local path=${setting%=*} shown
    shown=run/kx/$(tr / . <<<"$path")
    echo "${setting#*=}" >"$shown"
    mount --bind "$shown" "proc/sys/$path"
  done
}

build_etc() {
  hostname "$name"
  echo "$name" >etc/hostname
  printf '127.0.0.1 localhost\n%s %s\n' "$ip" "$name" >etc/hosts
  printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n' >etc/passwd
  printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' >etc/group
  echo 'nameserver 127.0.0.1' >etc/resolv.conf
  cp /etc/os-release /etc/ld.so.cache etc/
  cp -a /etc/alternatives etc/
  cp "$folder"/etc/* etc/kubernetes/
  mv etc/kubernetes/cni.conflist etc/cni/net.d/10-kx.conflist
  chmod 700 etc/kubernetes
  head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' >etc/machine-id
}

mount --make-rprivate /
build_root
build_devices
build_cgroups
show_kernel_settings
build_etc
pivot_root . .old
cd /
umount -l /.old
mount --make-rshared /   # a container runtime passes mounts on
echo 1 >/proc/sys/net/ipv4/ip_forward
exec /bin/bash /opt/kx/node/supervise.sh "$name" "$ip"
