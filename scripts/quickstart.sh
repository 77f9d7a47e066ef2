#!/usr/bin/env bash
# From a fresh checkout to pictures: installs what is missing, builds the programs, gets
# MNIST, trains for some minutes and draws a grid of digits from what was trained.
#
#   scripts/quickstart.sh
#
#   QUICKSTART_MINUTES   how long to train, in minutes (5 unless said otherwise)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${QUICKSTART_MINUTES:-5}

build_programs() {
  echo "Building gan-train, gan-sample and gan-eval in build/release"
  ./scripts/configure.sh
  cmake --build --preset release --target gan-train gan-sample gan-eval
}

choose_data() {
  data=data/mnist
  length=()
  if ./scripts/fetch_data.sh mnist; then return; fi
  data=data/mnist-tiny
  length=(--epochs 1000 --eval-every 20e) # of 15 steps each: the minutes end the run, not the epochs
  echo "Training on the 1,000 digits of $data instead: the pictures will be worse"
}

choose_folder() {
  local number=2
  out=runs/quickstart
  while [[ -e $out ]]; do
    out=runs/quickstart-$number
    number=$((number + 1))
  done
}

newest_grid() {
  local grid newest=
  for grid in "$out"/samples/*.png; do
    if [[ -z $newest || $grid -nt $newest ]]; then newest=$grid; fi
  done
  printf '%s\n' "$newest"
}

if [[ $# -gt 0 || ! $minutes =~ ^[0-9]+([.][0-9]+)?$ || $minutes =~ ^[0.]+$ ]]; then
  echo "Usage: [QUICKSTART_MINUTES=5] scripts/quickstart.sh" >&2
  exit 2
fi
./scripts/setup.sh
export PATH="$PWD/.deps/venv/bin:$PATH:/usr/local/cuda/bin"
build_programs
choose_data
choose_folder
echo "Training on $data for at most $minutes minutes into $out"
build/release/gan-train --data "$data" "${length[@]}" --max-minutes "$minutes" --out "$out"
echo "Drawing a grid from $out/g.pt"
build/release/gan-sample --checkpoint "$out/g.pt" --nice --out "$out/nice.png"
echo "Done. Newest grid of the training: $PWD/$(newest_grid); grid of the trained generator: $PWD/$out/nice.png"
