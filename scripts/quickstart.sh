#!/usr/bin/env bash
# From a fresh checkout to pictures: installs what is missing, builds the programs, downloads MNIST, trains for a few
# minutes and draws a grid of digits.
#
#   scripts/quickstart.sh
#
#   QUICKSTART_MINUTES   minutes of training (default: 5)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${QUICKSTART_MINUTES:-5}

build_programs() {
  echo "Building the programs in build/release"
  ./scripts/configure.sh
  cmake --build --preset release --target gan-train gan-sample gan-eval gan-export
}

choose_data() {
  data=data/mnist
  length=()
  if ./scripts/fetch_data.sh mnist; then return; fi
  data=data/mnist-tiny
  length=(--epochs 1000 --eval-every 20e) # epochs have 15 steps here, so the time limit ends the run
  echo "Training on the 1,000 digits of $data instead: expect worse pictures"
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
echo "Done. Last grid of the training: $PWD/$(newest_grid); typical samples: $PWD/$out/nice.png"
