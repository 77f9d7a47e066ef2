#!/usr/bin/env bash
# Configures build/PRESET. Starts afresh if CMake's cache is of another LibTorch, or of another place of the checkout.
#
#   scripts/configure.sh [PRESET] [CMAKE_OPTION...]     default preset: release
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}
export PATH="$PWD/.deps/venv/bin:$PATH:/usr/local/cuda/bin"

fresh=()
cache=build/$preset/CMakeCache.txt
if [[ -f $cache ]]; then
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
  if [[ ! $home -ef . || .deps/libtorch -nt $cache ]]; then fresh=(--fresh); fi
fi
exec cmake --preset "$preset" "${fresh[@]}" "${@:2}"
