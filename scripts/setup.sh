#!/usr/bin/env bash
# Installs what is missing for building and testing: compiler, tools, libraries and LibTorch.
#
#   scripts/setup.sh                    choose LibTorch's build by itself: CUDA with an NVIDIA GPU, else CPU
#   GAN_TORCH=cpu scripts/setup.sh      use the CPU build, even with a GPU
#   GAN_TORCH=cuda scripts/setup.sh     use the CUDA build, even without a GPU (it needs no CUDA toolkit)
#
# Uses your own LibTorch if CMAKE_PREFIX_PATH or Torch_DIR names it.
# Writes its choice to .deps/libtorch (read by CMakeLists.txt) and .deps/python.
set -euo pipefail

torch_version=2.13.0
torch_oldest=2.6
keras_version=3.15.1
cmake_oldest=3.25
gcc_tested=12
python_oldest=3.10

cd "$(dirname "${BASH_SOURCE[0]}")/.."
deps=$PWD/.deps
venv=$deps/venv
build=${GAN_TORCH:-auto}
read -ra compiler <<<"${CXX:-g++}"

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
fail() {
  complain "$*"
  exit 1
}
has() { command -v "$1" >/dev/null; }

at_least() { # VERSION OLDEST
  [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

for part in python tools cuda libtorch; do
  # shellcheck source=/dev/null
  source "scripts/setup/$part.sh"
done

# For the test that compares the recipes with Keras. Only into our own venv; without Keras the test is skipped.
install_keras() {
  if [[ ! -e $deps/python || $(<"$deps/python") != "$venv"/* ]]; then return; fi
  if [[ $(pip show keras 2>/dev/null) == *"Version: $keras_version"* ]]; then return; fi
  say "Installing keras $keras_version into .deps/venv (for one test)"
  pip install -qq --retries 0 --timeout 20 "keras==$keras_version" ||
    say "Could not install keras: its test will be skipped"
}

if [[ $# -gt 0 || ! $build =~ ^(auto|cpu|cuda)$ ]]; then
  complain "Usage: [GAN_TORCH=auto|cpu|cuda] scripts/setup.sh"
  exit 2
fi
install_tools
check_compiler
mkdir -p "$deps"
use_given || use_venv || use_python_on_path || install_libtorch
install_keras
# Recreating .deps/venv may have removed the CMake that pip installed.
if ! has_cmake || ! has_ninja; then install_cmake; fi
say "$taken"
