#!/usr/bin/env bash
# setup.sh - install what building and running the cluster needs, on Debian as root. Does nothing when all of it is there.
set -euo pipefail
. "$(dirname "$0")/settings.sh"
GO_VERSION=1.26.8            # fetched when there is no Go of at least GO_MINIMUM
GO_MINIMUM=1.26.0

[ "$(id -u)" = 0 ] || fail "needs root: it makes network namespaces, mounts and cgroups"
[ "$(uname -sm)" = "Linux x86_64" ] || fail "needs Linux on x86_64"
[ -d /sys/fs/cgroup/memory ] || fail "needs cgroup v1 hierarchies below /sys/fs/cgroup (docs/test-cluster.md)"
command -v apt-get >/dev/null || fail "needs Debian's packages (apt-get)"

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
version_at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ]; }

missing=()
for package in ca-certificates gcc libc6-dev libseccomp-dev pkg-config iproute2 util-linux openssl; do
  is_installed "$package" || missing+=("$package")
done
command -v go >/dev/null || missing+=(golang-go)
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
fi

if [ ! -x "$GO" ]; then
  mkdir -p "$CACHE"
  # an old go does not know GOTOOLCHAIN, but a toolchain is a module like any other: only its files must be made executable
  export GOTOOLCHAIN=local GOFLAGS=-modcacherw
  installed=$(go env GOVERSION)
  if version_at_least "$GO_MINIMUM" "${installed#go}"; then
    toolchain=$(go env GOROOT)
  else
    say "fetching Go $GO_VERSION ($installed is too old)"
    export GOMODCACHE=$CACHE/gomod
    module=golang.org/toolchain@v0.0.1-go$GO_VERSION.linux-amd64
    (cd "$CACHE" && go mod download "$module")
    toolchain=$GOMODCACHE/$module
    chmod -R u+x "$toolchain/bin" "$toolchain/pkg/tool"
  fi
  ln -sfn "$toolchain" "$CACHE/go"
fi
