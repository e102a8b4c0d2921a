#!/bin/bash
# supervise.sh NAME IP - PID 1 of a node from the moment that its root is built: runs containerd and kubelet, starts again what
# dies, reaps what is orphaned. The PIDs, as seen inside the node, are in /run/kx/containerd.pid and /run/kx/kubelet.pid.
name=$1 ip=$2
export PATH=/opt/kx/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

start_containerd() {
  containerd --config /etc/kubernetes/containerd.toml >>/var/log/containerd.log 2>&1 &
  containerd=$!
  echo $containerd >/run/kx/containerd.pid
}

start_kubelet() {
  kubelet --config /etc/kubernetes/kubelet.yaml --kubeconfig /etc/kubernetes/kubelet.kubeconfig --hostname-override "$name" \
    --node-ip "$ip" --root-dir /var/lib/kubelet --cert-dir /var/lib/kubelet/pki >>/var/log/kubelet.log 2>&1 &
  kubelet=$!
  echo $kubelet >/run/kx/kubelet.pid
}

import_images() {
  local there image
  until there=$(ctr -n k8s.io images ls -q 2>/dev/null); do sleep 0.1; done
  for image in /opt/kx/images/*.tar; do
    grep -qx "docker.io/library/$(basename "$image" .tar):local" <<<"$there" || ctr -n k8s.io images import "$image" >>/var/log/import.log 2>&1
  done
}

start_containerd
import_images
start_kubelet
while :; do
  wait -n
  sleep 0.2
  kill -0 "$containerd" 2>/dev/null || start_containerd
  kill -0 "$kubelet" 2>/dev/null || start_kubelet
done
