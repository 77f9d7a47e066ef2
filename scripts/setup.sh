#!/usr/bin/env bash
# Installs what is missing for building and testing: compiler, tools, libraries and LibTorch.
#
#   scripts/setup.sh                    choose LibTorch's build by itself: CUDA with an NVIDIA GPU, else CPU
#   GAN_TORCH=cpu scripts/setup.sh      use the CPU build, even with a GPU
#   GAN_TORCH=cuda scripts/setup.sh     use the CUDA build, even without a GPU (it needs no CUDA toolkit)
#   GAN_TENSORFLOW=1 scripts/setup.sh   also install TensorFlow, for scripts/bench.sh and two tests (1.3 GB)
#
# Uses your own LibTorch if CMAKE_PREFIX_PATH or Torch_DIR names it.
# Writes its choice to .deps/libtorch (read by CMakeLists.txt) and .deps/python.
set -euo pipefail

torch_version=2.13.0
torch_oldest=2.6
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

# For tests that compare with other programs. Only into our own venv; a test whose package is missing is skipped.
exporters=(onnx==1.23.2 onnxruntime==1.32.0 tensorboard==2.21.0)
tensorflow=(keras==3.15.1 tensorflow_cpu==2.21.0)

install_test_packages() { # PACKAGE...
  local installed
  if [[ ! -e $deps/python || $(<"$deps/python") != "$venv"/* ]]; then return; fi
  installed=$(pip freeze 2>/dev/null | grep -cxFf <(printf '%s\n' "$@") || true)
  if [[ $installed == $# ]]; then return; fi
  say "Installing $* into .deps/venv (for a few tests)"
  pip install -qq --retries 0 --timeout 20 "$@" || say "Could not install them: their tests will be skipped"
}

if [[ $# -gt 0 || ! $build =~ ^(auto|cpu|cuda)$ || ! ${GAN_TENSORFLOW:-0} =~ ^[01]$ ]]; then
  complain "Usage: [GAN_TORCH=auto|cpu|cuda] [GAN_TENSORFLOW=0|1] scripts/setup.sh"
  exit 2
fi
install_tools
check_compiler
mkdir -p "$deps"
use_given || use_venv || use_python_on_path || install_libtorch
install_test_packages "${exporters[@]}"
if [[ ${GAN_TENSORFLOW:-0} == 1 ]]; then install_test_packages "${tensorflow[@]}"; fi
# Recreating .deps/venv may have removed the CMake that pip installed.
if ! has_cmake || ! has_ninja; then install_cmake; fi
say "$taken"
