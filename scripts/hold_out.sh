#!/usr/bin/env bash
# Splits the training images of a folder in MNIST's format, so that settings can be chosen without its test images.
#
#   scripts/hold_out.sh FROM TO [COUNT]
#
# BUILD=DIR names another folder of the programs than build/release.
#
# TO gets the last COUNT training images of FROM (10,000) as its test images, the others as its training images, and a
# classifier.pt trained on the latter. scripts/sweep.sh --data TO then ranks settings without FROM's test images.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fail() {
  echo "hold_out.sh: error: $*" >&2
  exit 2
}

if [[ $# -lt 2 || $# -gt 3 || $1 == -* ]]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
from=$1 to=${2%/} held=${3:-10000} eval=${BUILD:-$root/build/release}/gan-eval
[[ ! -e $to ]] || fail "$to exists"
[[ -x $eval ]] || fail "no program $eval (cmake --build --preset release builds it)"

temporary=$(mktemp -d "$to.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
all=$temporary/all made=$temporary/$(basename "$to") # the classifier has the folder's name
mkdir "$all" "$made"
for name in train-images-idx3-ubyte train-labels-idx1-ubyte; do
  if [[ -f $from/$name ]]; then file=$from/$name; else file=$from/$name.gz; fi
  [[ -f $file ]] || fail "no $name in $from"
  gzip -cdf "$file" >"$all/$name"
done
number() { od -An -tu4 --endian=big -j "$1" -N 4 "$all/train-images-idx3-ubyte" | tr -d ' '; }
count=$(number 4) pixels=$(($(number 8) * $(number 12)))
[[ $held =~ ^[1-9][0-9]{0,8}$ && $held -lt $count ]] || fail "expected a count from 1 to $((count - 1)), got '$held'"

# Writes an IDX file with some of another's records: its header with their count, and the bytes.
part() { # NAME HEADER_BYTES RECORD_BYTES FIRST COUNT
  head -c 4 "$all/train-$1"
  # shellcheck disable=SC2059  # the format is the bytes
  printf "$(printf '\\x%02x' $(($5 >> 24 & 255)) $(($5 >> 16 & 255)) $(($5 >> 8 & 255)) $(($5 & 255)))"
  head -c "$2" "$all/train-$1" | tail -c "+9"
  dd if="$all/train-$1" iflag=skip_bytes,count_bytes bs=1M skip=$(($2 + $4 * $3)) count=$(($5 * $3)) status=none
}
split() { # NAME FIRST COUNT
  part images-idx3-ubyte 16 "$pixels" "$2" "$3" >"$made/$1-images-idx3-ubyte"
  part labels-idx1-ubyte 8 1 "$2" "$3" >"$made/$1-labels-idx1-ubyte"
}
split train 0 $((count - held))
split t10k $((count - held)) "$held"
rm -r "$all"
"$eval" --data "$made" --train-classifier
mv "$made" "$to"
