#!/usr/bin/env bash
# setup.sh - install what the tests of a release need: qemu and the C library of arm64 from Debian, Krew and its checker of manifests
# from their Go modules. Prints the folder that Krew is in. Does nothing when all of it is there; needs Debian and root otherwise.
set -euo pipefail
KREW=v0.4.4
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kx-release
say() { echo "release: $*" >&2; }

missing=()
for package in qemu-user libc6-arm64-cross strace groff man-db; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
command -v go >/dev/null || missing+=(golang-go)
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
fi

if [ "$(cat "$CACHE/version" 2>/dev/null)" != "$KREW" ]; then
  say "building Krew $KREW"
  mkdir -p "$CACHE/module"
  cd "$CACHE/module"
  printf 'module kx.invalid/krew\n\ngo 1.19\n\nrequire sigs.k8s.io/krew %s\n' "$KREW" >go.mod
  : >go.sum
  export CGO_ENABLED=0 GOFLAGS="-p=2 -mod=mod -modcacherw -buildvcs=false" GOTOOLCHAIN=local GOWORK=off
  export GOMODCACHE=$CACHE/gomod GOCACHE=$CACHE/gocache
  go build -trimpath -ldflags '-s -w' -o "$CACHE/kubectl-krew" sigs.k8s.io/krew/cmd/krew >&2
  go build -trimpath -ldflags '-s -w' -o "$CACHE/validate-krew-manifest" sigs.k8s.io/krew/cmd/validate-krew-manifest >&2
  echo "$KREW" >"$CACHE/version"
  rm -rf "$CACHE/gomod" "$CACHE/gocache"
fi
echo "$CACHE"
