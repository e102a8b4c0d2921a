#!/usr/bin/env bash
# start.sh I - become node I: enter its cgroups and its network namespace, then wait for its PID 1, init.sh, in namespaces of its own.
# With this process everything in the node ends: processes, mounts, containers.
set -euo pipefail
. "$(dirname "$0")/../settings.sh"
i=$1
files=$RUN/nodes/node-$i/etc
mkdir -p "$files"
cp "$HERE/node/kubelet.yaml" "$HERE/node/containerd.toml" "$PKI/ca.crt" "$files/"
cp "$PKI/node-$i.kubeconfig" "$files/kubelet.kubeconfig"
cp "$PKI/node-$i-serving.crt" "$files/serving.crt"
cp "$PKI/node-$i-serving.key" "$files/serving.key"
sed "s#POD_CIDR#$(pod_cidr "$i")#" "$HERE/node/cni.conflist" >"$files/cni.conflist"
if [ "$i" = $OLD_NODE ]; then   # signs its serving certificate itself, and does not know v5.channel.k8s.io
  sed -i '/^tls/d' "$files/kubelet.yaml"
  echo 'featureGates: {ExtendWebSocketsToKubelet: false}' >>"$files/kubelet.yaml"
fi

# in every hierarchy a group below the one that this shell is in: limits set on it go on holding
groups=()
while IFS=: read -r _ controllers path; do
  parent=/sys/fs/cgroup/${controllers#name=}${path%/}
  if [ -z "$controllers" ] || [ ! -d "$parent" ]; then continue; fi
  group=$parent/kx-node-$i
  mkdir -p "$group"
  echo "$group" >>"$RUN/node-$i.cgroups"
  groups+=("$group")
  if [ "$controllers" = cpuset ]; then
    cat "$parent/cpuset.cpus" >"$group/cpuset.cpus"
    cat "$parent/cpuset.mems" >"$group/cpuset.mems"
    echo 1 >"$group/cgroup.clone_children"
  fi
done </proc/self/cgroup
for group in "${groups[@]}"; do echo $$ >"$group/cgroup.procs"; done

exec nsenter --net="/run/netns/$(netns "$i")" \
  unshare --mount --pid --fork --kill-child --uts --ipc --cgroup --propagation private \
  bash "$HERE/node/init.sh" "node-$i" "$(node_ip "$i")" "$RUN/nodes/node-$i" "$BIN" "$IMAGES" "$HERE/node"
