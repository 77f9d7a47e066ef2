#!/usr/bin/env bash
# Installs what is missing, builds everything into build/release and runs the tests.
#
#   scripts/test.sh [CTEST_OPTION...]     for example: scripts/test.sh -R idx
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
./scripts/setup.sh
export PATH="$PWD/.deps/venv/bin:$PATH:/usr/local/cuda/bin"

configure=(cmake --preset release)
# Another LibTorch than the last build's: what CMake remembers of the old one must go.
if [[ .deps/libtorch -nt build/release/CMakeCache.txt ]]; then configure+=(--fresh); fi

echo "Configuring build/release"
"${configure[@]}"
echo "Building everything"
cmake --build --preset release
echo "Running the tests"
exec ctest --preset release --output-on-failure "$@"
