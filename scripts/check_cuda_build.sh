#!/usr/bin/env bash
# Builds against LibTorch's CUDA wheel in a folder of its own and runs what can run there, on a machine with or without
# a GPU or a CUDA toolkit. Takes some 6 GB and, on two cores, half an hour.
#
#   scripts/check_cuda_build.sh [FOLDER]     by default a new temporary folder, removed at the end
#
#   CMAKE_PREFIX_PATH   a CUDA wheel that is there already, instead of one that pip fetches
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

echo "Copying the checkout as committed into $folder"
git -C "$checkout" archive HEAD | tar -x -C "$folder"
cd "$folder"
GAN_TORCH=cuda ./scripts/test.sh
build/release/gan-train --version
build/release/gan-train --data data/mnist-tiny --steps 20 --out runs/cuda-build
build/release/gan-sample --checkpoint runs/cuda-build/g.pt --out runs/cuda-build/samples.png
