#!/usr/bin/env bash
# Installs what is missing, builds everything in build/release and runs the tests.
#
#   scripts/test.sh [CTEST_OPTION...]     for example: scripts/test.sh -R Idx
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
./scripts/setup.sh
export PATH="$PWD/.deps/venv/bin:$PATH:/usr/local/cuda/bin"

echo "Configuring build/release"
./scripts/configure.sh
echo "Building everything"
cmake --build --preset release
echo "Running the tests"
ctest --preset release --output-on-failure "$@"
awk '/: Skipped$/ { getline; print "Skipped: " $0 }' build/release/Testing/Temporary/LastTest.log | sort | uniq -c
