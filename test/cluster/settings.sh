# settings.sh - names, places and addresses of the test cluster, sourced by the other scripts.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kx-cluster
GO=$CACHE/go/bin/go          # a link to a Go toolchain that is new enough, made by setup.sh
BIN=$CACHE/bin               # what build.sh has built
IMAGES=$CACHE/images         # what images.sh has made
RUN=$CACHE/run               # everything that one life of the cluster leaves: down.sh removes it
PKI=$RUN/pki
ADMIN_KUBECONFIG=$RUN/admin.kubeconfig

API_PORT=6443
OLD_API_PORT=6444            # the same cluster through an apiserver that behaves as one of older versions
API_IP=10.250.255.1          # by which nodes and pods reach the API; on lo in every node
SERVICE_CIDR=10.252.0.0/16
SERVICE_IP=10.252.0.1        # of the Service "kubernetes"; on lo in every node, as there is no kube-proxy
BRIDGE=kx0
BRIDGE_IP=10.250.0.1
OLD_NODE=3                   # this node's kubelet behaves as one of older versions
node_ip() { echo "10.250.0.$((10 + $1))"; }
pod_cidr() { echo "10.251.$1.0/24"; }
netns() { echo "kx-node-$1"; }
veth() { echo "kxv$1"; }

say() { echo "cluster: $*" >&2; }
fail() { say "$*"; exit 1; }
