#!/usr/bin/env bash
# Trains with each setting of a list, judges the results, and ranks them by the Fréchet distance of their samples.
#
#   scripts/sweep.sh [FLAGS] SETTINGS
#
# SETTINGS is a file with one setting per line: a name and flags of gan-train, such as "wide --base-channels 32". A #
# starts a comment. --steps or --epochs in a line replaces the length given here. FLAGS:
#
#   --minutes M    minutes of training per run (10)
#   --steps N      steps per run, instead of minutes
#   --seeds LIST   seeds to train each setting with (0,1,2)
#   --count N      samples to judge per run (10000)
#   --data DIR     data with a classifier.pt (data/mnist)
#   --out DIR      folder of the runs, which are DIR/NAME-SEED (runs/sweep)
#   --build DIR    folder of the programs (build/release)
#
# You can stop it at any time and start it again: it keeps finished runs and resumes an unfinished one. The table has
# the mean, smallest and largest score of g.pt over the seeds of each setting, and the mean score of g-best.pt.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
length=(--epochs 1000000 --max-minutes 10) seeds=0,1,2 count=10000
data=data/mnist out=runs/sweep build=$root/build/release settings=

fail() {
  echo "sweep.sh: error: $*" >&2
  exit 2
}

while [[ $# -gt 0 ]]; do
  case $1 in
    --minutes) length=(--epochs 1000000 --max-minutes "${2:-}") ;;
    --steps) length=(--steps "${2:-}") ;;
    --seeds) seeds=${2:-} ;;
    --count) count=${2:-} ;;
    --data) data=${2:-} ;;
    --out) out=${2:-} ;;
    --build) build=${2:-} ;;
    --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" && exit ;;
    -*) fail "unknown flag $1 (see scripts/sweep.sh --help)" ;;
    *) settings=$1 && shift && continue ;;
  esac
  [[ $# -ge 2 ]] || fail "$1: expected a value"
  shift 2
done
[[ -f $settings ]] || fail "expected a file of settings, got '$settings'"
[[ -x $build/gan-train ]] || fail "no program $build/gan-train (cmake --build --preset release builds it)"
[[ -f $data/classifier.pt ]] || fail "no classifier.pt in $data (gan-eval --train-classifier trains one)"
[[ $seeds =~ ^[0-9]+(,[0-9]+)*$ ]] || fail "--seeds: expected numbers like 0,1,2, got '$seeds'"

# The settings, one per line, each ended by a newline.
lines() { awk '{ sub(/#.*/, ""); sub(/^[ \t\r]+/, "") } NF' "$settings"; }
[[ -n $(lines) ]] || fail "$settings: expected settings, got none"
wrong=$(lines | awk '$1 !~ /^[A-Za-z0-9][A-Za-z0-9._-]*$/ || seen[$1]++ { print $1; exit }')
[[ -z $wrong ]] || fail "$settings: expected unique names of letters, digits and . _ -, got '$wrong'"

# Sets `setting` to gan-train's arguments. A length among the flags replaces the sweep's.
arguments() { # SEED FLAGS...
  local span=("${length[@]}")
  if [[ " ${*:2} " =~ [[:space:]]--(steps|epochs)[[:space:]=] ]]; then span=(); fi
  setting=(--data "$data" "${span[@]}" --seed "$@")
}

# Trains to the end unless that is done. FOLDER.asked keeps the arguments, FOLDER.ended the exit code.
train() { # FOLDER SEED FLAGS...
  local folder=$1 code=0 setting
  arguments "${@:2}"
  local asked="${setting[*]}"
  local flags=("${setting[@]}" --out "$folder" --quiet)
  if [[ -f $folder.asked ]]; then
    [[ $(<"$folder.asked") == "$asked" ]] || fail "$folder was trained with other flags: $(<"$folder.asked")"
  elif [[ -e $folder ]]; then
    fail "$folder exists and is not of a sweep"
  fi
  if [[ -f $folder.ended ]]; then return; fi
  echo "$asked" >"$folder.asked"
  if [[ -f $folder/options.toml ]]; then
    flags=(--resume "$folder" --quiet)
  fi
  "$build/gan-train" "${flags[@]}" >/dev/null || code=$?
  [[ $code -le 1 ]] || exit "$code" # 1: the run failed, which a bad setting can cause
  echo "$code" >"$folder.ended"
}

# The distance of a generator's samples, cached in a file beside it; "-" without a generator.
score() { # G.PT
  local note=${1%.pt}-$count.json
  if [[ ! -f $1 ]]; then
    echo -
    return
  fi
  if [[ ! $note -nt $1 || ! $note -nt $data/classifier.pt ]]; then
    local temporary
    temporary=$(mktemp "$note.XXXXXX")
    "$build/gan-eval" --checkpoint "$1" --data "$data" --count "$count" --json >"$temporary" || return
    mv "$temporary" "$note"
  fi
  sed -E 's/.*_fd": \{"value": ([^,]+).*/\1/' "$note"
}

# Find settings that gan-train refuses before training anything.
lines | while read -r _ flags; do
  # shellcheck disable=SC2086  # flags are words
  arguments 0 $flags
  "$build/gan-train" "${setting[@]}" --dry-run >/dev/null
done

mkdir -p "$out"
lines | while read -r name flags; do
  for seed in ${seeds//,/ }; do
    folder=$out/$name-$seed
    echo "$name, seed $seed: $flags" >&2
    # shellcheck disable=SC2086  # flags are words
    train "$folder" "$seed" $flags
    if [[ $(<"$folder.ended") != 0 ]]; then
      echo "$name failed"
      continue
    fi
    last=$(score "$folder/g.pt")
    best=$(score "$folder/g-best.pt")
    echo "$name $last ${best/#-/$last} $(tail -n 1 "$folder/metrics.jsonl" | sed -E 's/.*"step": ([0-9]+).*/\1/')"
  done
done >"$out/results"

echo "| setting | seeds | failed | steps | fd, mean | smallest | largest | g-best.pt, mean |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
awk '{ all[$1]++ }
     $2 == "failed" { failed[$1]++; next }
     { n[$1]++; sum[$1] += $2; best[$1] += $3; steps[$1] += $4
       if (n[$1] == 1 || $2 < low[$1]) low[$1] = $2
       if (n[$1] == 1 || $2 > high[$1]) high[$1] = $2 }
     END { for (s in all)
             if (!n[s]) printf "| %s | 0 | %d | | inf | | | |\n", s, failed[s]
             else printf "| %s | %d | %d | %.0f | %.2f | %.2f | %.2f | %.2f |\n",
                         s, n[s], failed[s], steps[s] / n[s], sum[s] / n[s], low[s], high[s], best[s] / n[s]
     }' "$out/results" |
  sort -t'|' -k6 -g
