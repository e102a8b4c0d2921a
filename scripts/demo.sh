#!/usr/bin/env bash
# The story of `make demo`, inside `kx sandbox`. The first argument is the kx to show.
set -uo pipefail
kx=$1
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
cd "$(mktemp -d)" && trap 'rm -rf "$PWD"' EXIT

show() { # the command as a person types it, and what it prints
  printf '\n%s# %s%s\n$ %s\n' "$bold" "$1" "$plain" "$2"
  # "kubectl kx" is what kubectl makes of the file kubectl-kx on PATH; the demo needs no kubectl.
  (eval "${2//kubectl kx/\"\$kx\"}")
  code=$?
}

show 'A command in the first pod of a deployment' 'kubectl kx exec deploy/web -- hostname'
show 'The exit code is its own' 'kubectl kx exec two -c app -- sh -c "exit 3"'
printf '(exit code %s)\n' "$code"
seq 1 5000 >numbers
show 'Streams end by themselves, and arrive whole' 'tar c numbers | kubectl kx exec -i two -c app -- tar x; kubectl kx exec two -c app -- wc -l numbers'
show 'Files and trees go up, down and between pods, as cp -r would have it' 'kubectl kx cp numbers two:/tmp/to/ -c app; kubectl kx cp --checksum two:/tmp/to back -c app; ls -l back'
show 'A directory and a variable for one command' 'kubectl kx exec two -c app --workdir /tmp --env GREETING=hello -- sh -c '\''echo $GREETING from $(pwd)'\'
show 'A time limit ends the command and its children' 'kubectl kx exec two -c app --timeout 1s -- sleep 1000'
printf '(exit code %s)\n' "$code"
show 'What would run, and where' 'kubectl kx exec deploy/web --dry-run -- hostname'
show 'Errors are one line, a code, and what to do' 'kubectl kx exec webb -- hostname'
printf '(exit code %s)\n' "$code"
printf '\nkubectl kx sandbox starts this cluster for you to try.\n'
