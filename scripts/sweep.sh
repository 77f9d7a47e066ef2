#!/usr/bin/env bash
# Trains with each of a list of settings, judges them all, and ranks them by the Fréchet distance of their samples.
#
#   scripts/sweep.sh [FLAGS] SETTINGS
#
# SETTINGS is a file with a line for each setting, a name and flags of gan-train: "wide --base-channels 32"; # begins a
# remark. A line with --steps or --epochs has its own length instead of these. FLAGS:
#
#   --minutes M    of training, each (10)
#   --steps N      steps instead, each
#   --seeds LIST   each setting with each of these seeds (0,1,2)
#   --count N      samples judged of each (10000)
#   --data DIR     with a classifier.pt (data/mnist)
#   --out DIR      runs/sweep: a run's folder is DIR/NAME-SEED
#   --build DIR    where the programs are (build/release)
#
# It may be stopped at any time and started again: what is trained is not trained again, what was amid it is resumed.
# The table has each setting's mean over its seeds of g.pt's score, the smallest and the largest, and that of g-best.pt.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
length=(--epochs 1000000 --max-minutes 10) seeds=0,1,2 count=10000 data=data/mnist out=runs/sweep build=$root/build/release settings=

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
    -*) fail "there is no flag $1; scripts/sweep.sh --help lists them" ;;
    *) settings=$1 && shift && continue ;;
  esac
  [[ $# -ge 2 ]] || fail "$1: expected a value"
  shift 2
done
[[ -f $settings ]] || fail "expected a file of settings, got '$settings'"
[[ -x $build/gan-train ]] || fail "no $build/gan-train (cmake --build --preset release makes it)"
[[ -f $data/classifier.pt ]] || fail "no classifier.pt in $data (gan-eval --train-classifier makes it)"
[[ $seeds =~ ^[0-9]+(,[0-9]+)*$ ]] || fail "--seeds: expected numbers like 0,1,2, got '$seeds'"

# One a line, the last one ended by a newline, too.
lines() { awk '{ sub(/#.*/, ""); sub(/^[ \t\r]+/, "") } NF' "$settings"; }
[[ -n $(lines) ]] || fail "$settings: there are no settings in it"
wrong=$(lines | awk '$1 !~ /^[A-Za-z0-9][A-Za-z0-9._-]*$/ || seen[$1]++ { print $1; exit }')
[[ -z $wrong ]] || fail "$settings: '$wrong' is no name, or stands there twice"

# Sets `setting` to gan-train's arguments: a length of its own stands instead of the sweep's.
arguments() { # SEED FLAGS...
  local span=("${length[@]}")
  if [[ " ${*:2} " =~ [[:space:]]--(steps|epochs)[[:space:]=] ]]; then span=(); fi
  setting=(--data "$data" "${span[@]}" --seed "$@")
}

# Trains to the end, if that has not been done; the run's folder keeps beside it what was asked for and how it ended.
train() { # FOLDER SEED FLAGS...
  local folder=$1 code=0 setting
  arguments "${@:2}"
  local asked="${setting[*]}"
  local flags=("${setting[@]}" --out "$folder" --quiet)
  if [[ -f $folder.asked ]]; then
    [[ $(<"$folder.asked") == "$asked" ]] || fail "$folder was made with other flags: $(<"$folder.asked")"
  elif [[ -e $folder ]]; then
    fail "$folder is there and was not made by a sweep"
  fi
  if [[ -f $folder.ended ]]; then return; fi
  echo "$asked" >"$folder.asked"
  if [[ -f $folder/options.toml ]]; then
    flags=(--resume "$folder" --quiet)
  fi
  "$build/gan-train" "${flags[@]}" >/dev/null || code=$?
  [[ $code -le 1 ]] || exit "$code" # 1: the run failed, as a setting may
  echo "$code" >"$folder.ended"
}

# The distance of a generator's samples, from a note beside it or judged now; "-" if there is none.
score() { # G.PT
  local note=${1%.pt}-$count.json
  if [[ ! -f $1 ]]; then
    echo -
    return
  fi
  if [[ ! $note -nt $1 || ! $note -nt $data/classifier.pt ]]; then
    local aside
    aside=$(mktemp "$note.XXXXXX")
    "$build/gan-eval" --checkpoint "$1" --data "$data" --count "$count" --json >"$aside" || return
    mv "$aside" "$note"
  fi
  sed -E 's/.*_fd": \{"value": ([^,]+).*/\1/' "$note"
}

# A setting that gan-train refuses is told of before anything is trained.
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
                         s, n[s], failed[s], steps[s] / n[s], sum[s] / n[s], low[s], high[s], best[s] / n[s] }' "$out/results" |
  sort -t'|' -k6 -g
