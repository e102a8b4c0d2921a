#!/usr/bin/env bash
# images.sh - make the container images of the tests into $CACHE/images/NAME.tar, each to be used as NAME:local.
#   pause          what holds a pod's namespaces
#   kx-busybox     busybox: ash as sh, tar, and the small tools
#   kx-debian      a GNU userland: dash as sh, bash, coreutils, tar, vim
#   kx-distroless  one static program, no shell, no other file
set -euo pipefail
. "$(dirname "$0")/settings.sh"
DEBIAN_PACKAGES="base-files bash coreutils dash findutils grep libacl1 libattr1 libc6 libgmp10 libpcre2-8-0 libselinux1 libtinfo6 ncurses-base ncurses-bin sed tar vim-common vim-tiny"

recipe=$(cat "$HERE/images.sh" "$HERE"/images/*/* | sha256sum)
[ "$(cat "$IMAGES/recipe" 2>/dev/null)" = "$recipe" ] && exit 0
say "making images"
rm -rf "$IMAGES"
mkdir -p "$IMAGES"
work=$(mktemp -d "$CACHE/images-work.XXXXXX")
trap 'rm -rf "$work"' EXIT
export GO111MODULE=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 GOCACHE=$CACHE/gocache
unset GOROOT

unpack() { # ROOT PACKAGE...: the files of Debian packages, without installing them
  local root=$1
  shift
  mkdir -p "$work/packages"
  (cd "$work/packages" && rm -f ./*.deb && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2)
  for package in "$work"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root"
  done
}

make_image() { # NAME CONFIG: from $work/NAME
  "$work/archive" "$IMAGES/$1.tar" "$1:local" "$work/$1" "$2"
}

apt-cache show busybox-static >/dev/null 2>&1 || apt-get update -qq >&2
"$GO" build -o "$work/archive" "$HERE/images/archive/main.go"

mkdir "$work/pause"
gcc -Os -static -s -o "$work/pause/pause" "$HERE/images/pause/pause.c"
make_image pause '{"Entrypoint": ["/pause"]}'

root=$work/kx-busybox
mkdir -p "$root"/{bin,etc,proc,sys,dev,root,tmp,usr/bin,var}
chmod 1777 "$root/tmp"
mkdir "$work/busybox-static"
unpack "$work/busybox-static" busybox-static
cp "$work/busybox-static/bin/busybox" "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
make_image kx-busybox '{"Cmd": ["sleep", "2147483647"], "Env": ["PATH=/bin:/usr/bin"]}'

root=$work/kx-debian
mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,proc,sys,dev,root,tmp,var}
chmod 1777 "$root/tmp"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
unpack "$root" $DEBIAN_PACKAGES
rm -rf "$root"/usr/share/{doc,man,info,locale,lintian,bug,bash-completion} "$root"/usr/lib/x86_64-linux-gnu/gconv
ln -sf dash "$root/usr/bin/sh"
ln -sf vim.tiny "$root/usr/bin/vim"
cp "$work/kx-busybox"/etc/{passwd,group} "$root/etc/"
for program in "sh -c true" "bash --version" "ls /" "grep --version" "sed --version" "find --version" "tar --version" "vim --version"; do
  chroot "$root" $program >/dev/null || fail "kx-debian: $program fails"   # a library that is missing shows here
done
make_image kx-debian '{"Cmd": ["sleep", "infinity"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}'

mkdir "$work/kx-distroless"
"$GO" build -trimpath -ldflags '-s -w' -o "$work/kx-distroless/app" "$HERE/images/app/main.go"
make_image kx-distroless '{"Entrypoint": ["/app"], "User": "65532:65532"}'

echo "$recipe" >"$IMAGES/recipe"
