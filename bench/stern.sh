#!/usr/bin/env bash
# stern.sh - build stern, which logs are compared with, from its Go module, and print where it is (minutes of one core, the first time).
set -euo pipefail
. "$(dirname "$0")/../test/cluster/settings.sh"
VERSION=v1.32.0

BENCH=$CACHE/bench
if [ ! -x "$BENCH/stern-$VERSION" ]; then
  MODULE=$CACHE/modules/stern
  mkdir -p "$BENCH" "$MODULE"
  say "building stern $VERSION"
  # A module that requires it, as build.sh has for each program: "go install" would ask for the list of versions as well.
  printf 'module kx.invalid/build\n\ngo 1.25.0\n\nrequire github.com/stern/stern %s\n' "$VERSION" >"$MODULE/go.mod"
  export GOFLAGS="-p=1 -mod=mod -modcacherw -buildvcs=false" GOTOOLCHAIN=local GOWORK=off GOMODCACHE=$CACHE/gomod GOCACHE=$CACHE/gocache
  unset GOROOT
  (cd "$MODULE" && CGO_ENABLED=0 nice -n 19 "$GO" build -trimpath -ldflags "-s -w" -o "$BENCH/stern.new" github.com/stern/stern) \
    >"$BENCH/build.log" 2>&1 || { tail -n 30 "$BENCH/build.log" >&2; fail "building stern failed"; }
  mv "$BENCH/stern.new" "$BENCH/stern-$VERSION"
fi
echo "$BENCH/stern-$VERSION"
