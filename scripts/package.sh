#!/usr/bin/env bash
# Makes a .deb and a .tar.gz of the programs with all that they load (LibTorch's CPU build), in build/packages, and
# tries the archive in a bare folder that has nothing but glibc: no Python, no LibTorch, none of our build.
#
#   scripts/package.sh
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=$PWD/build/packages
export PATH="$PWD/.deps/venv/bin:$PATH"
programs=(gan-train gan-sample gan-eval gan-export)

if [[ $# -gt 0 ]]; then
  echo "Usage: scripts/package.sh" >&2
  exit 2
fi
./scripts/setup.sh
./scripts/configure.sh
cmake --build --preset release --target "${programs[@]}"
rm -rf "$packages"
echo "Packing: two to three minutes"
(cd build/release && cpack -B "$packages")
rm -rf "$packages/_CPack_Packages"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{data,dev,proc,tmp}
loader=$(echo /lib*/ld-linux-*.so.*)
libraries=$(dirname "$(readlink -f "$loader")")
mkdir -p "$root$(dirname "$loader")" "$root$libraries"
cp -L "$loader" "$root$loader"
for library in c m dl pthread rt; do cp -L "$libraries/lib$library.so."* "$root$libraries/"; done
mkdir -p "$root/usr"
tar -xzf "$packages"/*.tar.gz -C "$root/usr" --strip-components=1
cp -r data/mnist-tiny "$root/data/"
# Programs find their libraries by /proc, and LibTorch wants /dev/urandom.
program() {
  unshare --map-root-user --mount --pid --fork \
    sh -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' \
    "$root" "/usr/bin/$1" "${@:2}"
}
for name in "${programs[@]}"; do program "$name" --version; done
program gan-train --data /data/mnist-tiny --steps 20 --out /run --quiet
program gan-sample /run --out /samples.png
program gan-export /run --out /g.onnx
program gan-eval /run --data /data/mnist-tiny --count 100 | head -n 3
echo "The archive runs in a folder with nothing but glibc"
du -h "$packages"/*
