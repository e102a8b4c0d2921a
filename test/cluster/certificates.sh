#!/usr/bin/env bash
# certificates.sh NODES - the cluster's authorities, keys, certificates and kubeconfigs, each made once.
set -euo pipefail
. "$(dirname "$0")/settings.sh"
umask 077
mkdir -p "$PKI"
cd "$PKI"
NEW_KEY=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

authority() { # FILE NAME
  [ -f "$1.crt" ] && return
  openssl req -x509 "${NEW_KEY[@]}" -days 3650 -subj "/CN=$2" -keyout "$1.key" -out "$1.crt" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature' 2>/dev/null
}

certificate() { # FILE AUTHORITY SUBJECT serverAuth|clientAuth [NAMES]
  [ -f "$1.crt" ] && return
  openssl req -new "${NEW_KEY[@]}" -subj "$3" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  {
    echo basicConstraints=critical,CA:FALSE
    echo keyUsage=critical,digitalSignature
    echo "extendedKeyUsage=$4"
    [ -z "${5:-}" ] || echo "subjectAltName=$5"
  } >"$1.extensions"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 3650 -extfile "$1.extensions" -out "$1.crt" 2>/dev/null
  rm "$1.csr" "$1.extensions"
}

kubeconfig() { # OUT CERTIFICATE CONTEXT=SERVER...: the first context is the current one
  local out=$1 user=$2 first=${3%%=*} context
  shift 2
  {
    printf 'apiVersion: v1\nkind: Config\ncurrent-context: %s\nclusters:\n' "$first"
    for context; do
      printf -- '- {name: %s, cluster: {server: "%s", certificate-authority-data: %s}}\n' "${context%%=*}" "${context#*=}" "$(base64 -w0 ca.crt)"
    done
    printf 'contexts:\n'
    for context; do printf -- '- {name: %s, context: {cluster: %s, user: %s}}\n' "${context%%=*}" "${context%%=*}" "$user"; done
    printf 'users:\n- {name: %s, user: {client-certificate-data: %s, client-key-data: %s}}\n' \
      "$user" "$(base64 -w0 "$user.crt")" "$(base64 -w0 "$user.key")"
  } >"$out"
}

authority ca kx-ca
authority front-proxy-ca kx-front-proxy-ca
if [ ! -f service-accounts.pub ]; then
  openssl ecparam -name prime256v1 -genkey -noout -out service-accounts.key
  openssl ec -in service-accounts.key -pubout -out service-accounts.pub 2>/dev/null
fi
certificate apiserver ca /CN=kube-apiserver serverAuth "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$API_IP,IP:$SERVICE_IP"
certificate apiserver-kubelet-client ca /CN=apiserver-kubelet-client clientAuth
certificate front-proxy-client front-proxy-ca /CN=front-proxy-client clientAuth
certificate admin ca /O=system:masters/CN=admin clientAuth
certificate controller-manager ca /CN=system:kube-controller-manager clientAuth
certificate scheduler ca /CN=system:kube-scheduler clientAuth

kubeconfig "$ADMIN_KUBECONFIG" admin "kx=https://127.0.0.1:$API_PORT" "kx-old=https://127.0.0.1:$OLD_API_PORT"
kubeconfig controller-manager.kubeconfig controller-manager "kx=https://127.0.0.1:$API_PORT"
kubeconfig scheduler.kubeconfig scheduler "kx=https://127.0.0.1:$API_PORT"
for i in $(seq "$1"); do
  certificate "node-$i" ca "/O=system:nodes/CN=system:node:node-$i" clientAuth
  certificate "node-$i-serving" ca "/O=system:nodes/CN=system:node:node-$i" serverAuth "DNS:node-$i,IP:$(node_ip "$i")"
  kubeconfig "node-$i.kubeconfig" "node-$i" "kx=https://$API_IP:6443"
done
