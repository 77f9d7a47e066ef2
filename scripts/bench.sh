#!/usr/bin/env bash
# Times build/release/gan-train against the same training in PyTorch and Keras; see scripts/bench.sh --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ ! -f $root/.deps/python ]]; then
  echo "bench.sh: error: found no Python with torch (scripts/setup.sh installs it)" >&2
  exit 2
fi
exec "$(<"$root/.deps/python")" -B "$root/scripts/bench/bench.py" "$@"
