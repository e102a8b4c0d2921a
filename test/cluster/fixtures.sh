#!/usr/bin/env bash
# fixtures.sh [--delete] - put fixtures.yaml into the namespace kx-test, wait until all of it is ready, and print the path of a
# kubeconfig made for the tests: contexts kx (administrator), kx-full, kx-get-only, kx-create-only and kx-none; on the project's own
# cluster also kx-old, kx-old-full and so on. --delete removes the namespace and the kubeconfig.
#   KX_TEST_CONTEXT=NAME      use this context of your kubeconfig and not the project's own cluster
#   KX_TEST_IMAGES=PREFIX     there, what to put before an image's name, e.g. a registry and a slash (docs/test-cluster.md)
set -euo pipefail
. "$(dirname "$0")/settings.sh"
umask 077
NAMESPACE=kx-test
program=$(command -v "$BIN/kubectl" kubectl | head -1) || fail "needs kubectl"
mkdir -p "$CACHE"

if [ -n "${KX_TEST_CONTEXT:-}" ]; then
  config=$CACHE/kubeconfig.${KX_TEST_CONTEXT//[^A-Za-z0-9.-]/_}
else
  config=$CACHE/kubeconfig
fi
draft=$(mktemp "$CACHE/kubeconfig-draft.XXXXXX")   # a test that reads meanwhile sees the old one or the new one
trap 'rm -f "$draft"*' EXIT
if [ -n "${KX_TEST_CONTEXT:-}" ]; then
  "$program" config view --raw --flatten --minify --context "$KX_TEST_CONTEXT" >"$draft"
  [ "$KX_TEST_CONTEXT" = kx ] || "$program" config rename-context "$KX_TEST_CONTEXT" kx --kubeconfig "$draft" >/dev/null
else
  cp "$ADMIN_KUBECONFIG" "$draft"
fi
kubectl() { "$program" --kubeconfig "$draft" --namespace $NAMESPACE "$@"; }

if [ "${1:-}" = --delete ]; then
  kubectl delete namespace $NAMESPACE --ignore-not-found >&2
  rm -f "$config"
  exit 0
fi

own_or_portable() { # fixtures.yaml as it is, or for a cluster with other nodes
  if [ -n "${KX_TEST_CONTEXT:-}" ]; then
    sed "/^ *nodeName:/d; s#image: #image: ${KX_TEST_IMAGES:-}#" "$HERE/fixtures.yaml"
  else
    cat "$HERE/fixtures.yaml"
  fi
}

until_ready() { kubectl wait --timeout=120s "$@" >/dev/null; }
debugger_runs() {
  [ -n "$(kubectl get pod two -o jsonpath='{.status.ephemeralContainerStatuses[?(@.name=="debugger")].state.running.startedAt}')" ]
}

say "fixtures"
kubectl get namespace $NAMESPACE >/dev/null 2>&1 || kubectl create namespace $NAMESPACE >/dev/null
# a pod needs its service account, and its token volume this ConfigMap
until_ready --for=create serviceaccount/default configmap/kube-root-ca.crt
own_or_portable | kubectl apply --server-side -f - >/dev/null
if [ -z "$(kubectl get cronjob cron -o jsonpath='{.status.active}')" ]; then
  kubectl patch cronjob cron --subresource=status --type=merge -p '{"status": {"lastScheduleTime": "2020-06-01T00:00:00Z"}}' >/dev/null
fi
if ! debugger_runs; then   # an ephemeral container is neither started again nor removed
  if [ -n "$(kubectl get pod two -o jsonpath='{.spec.ephemeralContainers}')" ]; then
    kubectl delete pod two >/dev/null
    own_or_portable | kubectl apply --server-side -f - >/dev/null
  fi
  kubectl debug two --image="${KX_TEST_IMAGES:-}kx-busybox:local" --container=debugger --target=a --profile=general -- sleep 2147483647 >/dev/null 2>&1
fi
until_ready --for=condition=Ready pod -l fixture=pod
until_ready --for=jsonpath='{.status.phase}'=Succeeded pod/completed
kubectl rollout status --timeout=120s deployment/web >/dev/null
kubectl rollout status --timeout=120s daemonset/ds >/dev/null
until_ready --for=jsonpath='{.status.readyReplicas}'=1 statefulset/db replicaset/rs replicationcontroller/rc
until_ready --for=jsonpath='{.status.ready}'=1 job/job
until_ready --for=jsonpath='{.status.active[0].kind}'=Job cronjob/cron
until_ready --for=condition=Ready pod -l app=cron
for _ in $(seq 300); do debugger_runs && break; sleep 0.1; done
debugger_runs || fail "the ephemeral container of pod two does not run"

until_ready --for=jsonpath='{.data.token}' secret/full secret/get-only secret/create-only secret/none
users=$(kubectl get secrets -l fixture=token -o jsonpath='{range .items[*]}{.metadata.name} {.data.token}{"\n"}{end}')
kubectl config view -o jsonpath='{range .contexts[*]}{.name} {.context.cluster} {.context.user}{"\n"}{end}' >"$draft.contexts"
{
  printf 'apiVersion: v1\nkind: Config\ncontexts:\n'
  while read -r context cluster admin; do
    echo "- {name: $context, context: {cluster: $cluster, user: $admin, namespace: $NAMESPACE}}"
    while read -r user _; do
      echo "- {name: $context-$user, context: {cluster: $cluster, user: $user, namespace: $NAMESPACE}}"
    done <<<"$users"
  done <"$draft.contexts"
  echo 'users:'
  while read -r user token; do echo "- {name: $user, user: {token: $(base64 -d <<<"$token")}}"; done <<<"$users"
} >"$draft.users"
KUBECONFIG=$draft.users:$draft "$program" config view --raw --flatten >"$draft.merged"   # of two that say the same the first one counts
mv "$draft.merged" "$config"
say "ready: export KUBECONFIG=$config"
echo "$config"
