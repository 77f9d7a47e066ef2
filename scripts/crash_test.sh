#!/usr/bin/env bash
# Kills a run (SIGKILL) at N random instants, resumes it each time, and compares its end with that of a run never
# killed: g.pt, every grid and every line of metrics.jsonl, times and memory aside. Exits 1 where they differ.
#
#   scripts/crash_test.sh N [PROGRAM]      PROGRAM: build/release/gan-train by default
set -euo pipefail

kills_wanted=${1:-}
if ! [[ $kills_wanted =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${2:-$root/build/release/gan-train}
longest_ms=1200 # from the start of a process to its end: start-up, then some dozens of checkpoints

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
straight=$work/straight broken=$work/broken
# A checkpoint each 10 steps: a good part of the time is spent writing.
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
  diff <(timeless "$straight/metrics.jsonl") <(timeless "$broken/metrics.jsonl") || fail "The metrics differ after $kills kills."
  compared=$((compared + 1))
}

# Begins the run, or goes on with it.
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
"$program" "${settings[@]}" --out "$straight" >"$work/log" 2>&1 || fail "The unbroken run failed: $(cat "$work/log")"
while ((kills < kills_wanted)); do
  go_on &
  process=$!
  milliseconds=$((RANDOM % longest_ms))
  sleep "$((milliseconds / 1000)).$(printf '%03d' $((milliseconds % 1000)))"
  kill -KILL $process 2>/dev/null || true
  code=0
  wait $process 2>/dev/null || code=$?
  case $code in
    0) # it came to its end first
      compare
      rm -rf "$broken" ;;
    137)
      count_kill ;;
    *)
      fail "A resumption failed: $(cat "$work/log")" ;;
  esac
done
(go_on) || fail "The last resumption failed: $(cat "$work/log")"
compare
printf '%d kills (%d before the run had begun, %d before its first checkpoint); %d of %d ends are those of the unbroken run.\n' \
  $kills $before_options $before_checkpoint $compared $compared
