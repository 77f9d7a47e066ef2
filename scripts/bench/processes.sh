#!/usr/bin/env bash
# Times one process with two threads beside two processes with one thread each, in turn, on data/mnist.
#
#   scripts/bench/processes.sh [ROUNDS]      default: 3; prints medians of images/s
set -euo pipefail

rounds=${1:-3}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=build/release/gan-train
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# images/s of the second half of a run in $work/$1
rate() {
  grep '"kind": "step"' "$work/$1/metrics.jsonl" | tail -n 1 | sed -E 's/.*"images_per_second": ([0-9.]+).*/\1/'
}

settings() { # RECIPE STEPS
  echo --recipe "$1" --data data/mnist --steps "$2" --log-every $(($2 / 2)) --sample-every 0 --eval-every 0 \
    --checkpoint-every 0 --grid 2x2 --quiet
}

one() { # RECIPE STEPS
  rm -rf "$work/one"
  # shellcheck disable=SC2046
  "$program" $(settings "$@") --threads 2 --out "$work/one" >/dev/null
  rate one
}

two() { # RECIPE STEPS [OPTION]
  rm -rf "$work/two"
  local ranks=() rank port=$((20000 + RANDOM % 10000))
  for rank in 0 1; do
    # shellcheck disable=SC2046
    RANK=$rank LOCAL_RANK=$rank WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
      "$program" $(settings "$1" "$2") --threads 1 --out "$work/two" "${@:3}" >/dev/null &
    ranks[rank]=$!
  done
  wait "${ranks[0]}"
  wait "${ranks[1]}"
  rate two
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

printf '%-12s %10s %10s %10s %8s\n' recipe '1 x 2' '2 x 1' synced ratio
while read -r recipe steps; do
  : >"$work/a"; : >"$work/b"; : >"$work/c"
  for ((round = 0; round < rounds; ++round)); do
    one "$recipe" "$steps" >>"$work/a"
    two "$recipe" "$steps" >>"$work/b"
    two "$recipe" "$steps" --sync-batch-norm >>"$work/c"
  done
  a=$(median <"$work/a") b=$(median <"$work/b") c=$(median <"$work/c")
  awk -v r="$recipe" -v a="$a" -v b="$b" -v c="$c" 'BEGIN { printf "%-12s %10.0f %10.0f %10.0f %8.2f\n", r, a, b, c, b / a }'
done <<<'mlp 300
dcgan 300
dcgan-wide 40'
