#!/usr/bin/env bash
# Kills a run (SIGKILL) at N random instants, resumes it each time, and compares its result with that of a run that was
# never killed: g.pt, every grid, and every line of metrics.jsonl except times and memory. Exits with 1 if they differ.
#
#   scripts/crash_test.sh N [PROGRAM]      default program: build/release/gan-train
set -euo pipefail

kills_wanted=${1:-}
if ! [[ $kills_wanted =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${2:-$root/build/release/gan-train}
longest_ms=1200 # longest time to the kill: start-up, then some dozens of checkpoints

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
straight=$work/straight broken=$work/broken
# A checkpoint every 10 steps, so that many kills hit a write.
settings=(--data "$root/data/mnist-tiny" --base-channels 4 --batch-size 16 --steps 600 --log-every 5 --sample-every 50
  --checkpoint-every 10 --grid 4x4 --threads 1 --seed 1)

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

timeless() { # METRICS
  sed -E 's/"(seconds|images_per_second|peak_memory_bytes)": [^,}]*//g' "$1"
}

compare() {
  cmp "$straight/g.pt" "$broken/g.pt" || fail "The weights differ after $kills kills."
  diff -rq "$straight/samples" "$broken/samples" || fail "The grids differ after $kills kills."
  diff <(timeless "$straight/metrics.jsonl") <(timeless "$broken/metrics.jsonl") ||
    fail "The metrics differ after $kills kills."
  compared=$((compared + 1))
}

# Starts or resumes the run.
go_on() {
  exec "$program" "${settings[@]}" --resume auto --out "$broken" >"$work/log" 2>&1
}

count_kill() {
  kills=$((kills + 1))
  if [[ ! -e $broken/options.toml ]]; then
    before_options=$((before_options + 1))
  elif [[ -z $(ls "$broken/checkpoints" 2>/dev/null) ]]; then
    before_checkpoint=$((before_checkpoint + 1))
  fi
}

kills=0 compared=0 before_options=0 before_checkpoint=0
"$program" "${settings[@]}" --out "$straight" >"$work/log" 2>&1 ||
  fail "The uninterrupted run failed: $(cat "$work/log")"
while ((kills < kills_wanted)); do
  go_on &
  process=$!
  milliseconds=$((RANDOM % longest_ms))
  sleep "$((milliseconds / 1000)).$(printf '%03d' $((milliseconds % 1000)))"
  kill -KILL $process 2>/dev/null || true
  code=0
  wait $process 2>/dev/null || code=$?
  case $code in
    0) # the run ended before the kill
      compare
      rm -rf "$broken" ;;
    137)
      count_kill ;;
    *)
      fail "A resumed run failed: $(cat "$work/log")" ;;
  esac
done
(go_on) || fail "The last resumed run failed: $(cat "$work/log")"
compare
printf '%d kills (%d before the run had begun, %d before its first checkpoint); ' \
  $kills $before_options $before_checkpoint
printf '%d of %d results equal the uninterrupted run.\n' $compared $compared
