#!/usr/bin/env bash
# Builds a copy of the checkout against LibTorch's CUDA wheel and runs the tests. Needs no GPU and no CUDA toolkit.
# Takes about 6 GB of disk and half an hour on two cores.
#
#   scripts/check_cuda_build.sh [FOLDER]     default: a temporary folder, removed at the end
#
#   CMAKE_PREFIX_PATH   an installed CUDA wheel to use instead of downloading one
set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ $# -gt 1 || ${1:-} == -* ]]; then
  echo "Usage: scripts/check_cuda_build.sh [FOLDER]" >&2
  exit 2
fi
if [[ $# -eq 1 ]]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d "${TMPDIR:-/tmp}/gan-cuda-XXXXXX")
  trap 'rm -rf "$folder"' EXIT
fi

echo "Copying the last commit of the checkout into $folder"
git -C "$checkout" archive HEAD | tar -x -C "$folder"
cd "$folder"
GAN_TORCH=cuda ./scripts/test.sh
build/release/gan-train --version
build/release/gan-train --data data/mnist-tiny --steps 20 --out runs/cuda-build
build/release/gan-sample --checkpoint runs/cuda-build/g.pt --out runs/cuda-build/samples.png
