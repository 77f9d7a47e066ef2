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
torch_cpu_index=https://download.pytorch.org/whl/cpu
cmake_oldest=3.25
gcc_tested=12
python_oldest=3.10

cd "$(dirname "${BASH_SOURCE[0]}")/.."
deps=$PWD/.deps
venv=$deps/venv
# Exists while pip unpacks torch into .deps/venv: a partial installation can look complete.
unfinished=$venv/torch-unfinished
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

# ---- Compiler, tools and libraries -------------------------------------------------------------

has_header() { # NAME...: any of them is enough
  local folders=() prefixes=() folder name
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  IFS=':;' read -ra folders <<<"/usr/include:/usr/local/include:${CPATH:-}:${CPLUS_INCLUDE_PATH:-}"
  for folder in "${folders[@]}" "${prefixes[@]/%//include}"; do
    for name in "$@"; do
      if [[ -n $folder && -f $folder/$name ]]; then return; fi
    done
  done
  return 1
}

has_googletest() { [[ -d /usr/src/googletest ]] || has_header gtest/gtest.h; }

good_cmake() { # COMMAND
  local version
  version=$("$1" --version 2>/dev/null | sed -n 's/^cmake version //p') || return 1
  [[ -n $version ]] && at_least "$version" $cmake_oldest
}

has_cmake() { good_cmake cmake || good_cmake "$venv/bin/cmake"; }
has_ninja() { has ninja || "$venv/bin/ninja" --version >/dev/null 2>&1; }

good_python() { # COMMAND
  "$1" - $python_oldest >/dev/null 2>&1 <<'PYTHON'
import sys
import venv, ensurepip
oldest = tuple(int(part) for part in sys.argv[1].split("."))
sys.exit(sys.version_info[:2] < oldest)
PYTHON
}

# The python3 on PATH may lack venv where the system's python3 has it.
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if good_python "$python"; then
      say "$python"
      return
    fi
  done
  return 1
}

need() { # WHAT PACKAGES CHECK...
  local what=$1 names
  read -ra names <<<"$2"
  shift 2
  if "$@" >/dev/null; then return; fi
  missing+=("$what")
  packages+=("${names[@]}")
}

look_for_missing() {
  missing=()
  packages=()
  need "g++" g++ has "${compiler[0]}"
  need "CMake $cmake_oldest or newer" cmake has_cmake
  need "Ninja" ninja-build has_ninja
  need "CLI11" libcli11-dev has_header CLI/CLI.hpp
  need "spdlog" libspdlog-dev has_header spdlog/spdlog.h
  need "fmt" libfmt-dev has_header fmt/format.h
  need "stb" libstb-dev has_header stb/stb_image_write.h stb_image_write.h
  need "zlib" zlib1g-dev has_header zlib.h
  need "GoogleTest" googletest has_googletest
  need "curl" "curl ca-certificates" has curl
  need "git" git has git
  if ! find_given; then
    need "Python $python_oldest or newer with venv" "python3 python3-venv" find_python
  fi
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$deps/apt.log" 2>&1
}

# Leaves CMake to pip (install_cmake) if apt-get's is too old.
leave_out_old_cmake() {
  local candidate package kept=()
  candidate=$(apt-cache policy cmake | sed -n 's/^ *Candidate: *//p')
  if at_least "${candidate:-0}" $cmake_oldest; then return; fi
  for package in "${packages[@]}"; do
    if [[ $package != cmake ]]; then kept+=("$package"); fi
  done
  packages=("${kept[@]}")
}

install_packages() {
  if [[ $EUID -ne 0 ]] && ! has sudo; then
    complain "Cannot install packages without root or sudo. As root, run: apt-get install ${packages[*]}"
    return
  fi
  mkdir -p "$deps"
  : >"$deps/apt.log"
  say "Updating apt-get's package lists"
  apt_get update || complain "apt-get update failed, at least in part (see .deps/apt.log); continuing"
  leave_out_old_cmake
  if [[ ${#packages[@]} -eq 0 ]]; then return; fi
  say "Installing with apt-get: ${packages[*]}"
  if ! apt_get install -y --no-install-recommends "${packages[@]}"; then
    tail -n 5 "$deps/apt.log" >&2
    complain "apt-get install failed (see .deps/apt.log)"
  fi
}

clear_venv() {
  local python
  python=$(find_python) || fail "Cannot create .deps/venv: found no Python $python_oldest or newer with venv"
  say "Creating .deps/venv with $("$python" --version)"
  "$python" -m venv --clear "$venv" || fail "$python could not create .deps/venv"
}

ensure_venv() {
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then clear_venv; fi
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

install_cmake() {
  ensure_venv
  say "Installing CMake and Ninja with pip into .deps/venv"
  # Installed ones stop running when the checkout is moved, so reinstall them.
  pip install -qq --force-reinstall "cmake>=$cmake_oldest,<4" ninja
}

stop_if_missing() {
  local list
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  list=$(printf '%s, ' "${missing[@]}")
  complain "Missing: ${list%, }. Install these and run scripts/setup.sh again."
  exit 2
}

install_tools() {
  look_for_missing
  if [[ ${#missing[@]} -gt 0 ]] && has apt-get; then
    # ccache only speeds up repeated builds, so it is not worth an installation of its own.
    has ccache || packages+=(ccache)
    install_packages
    hash -r
    if ! has_cmake && find_python >/dev/null; then install_cmake || complain "pip could not install CMake"; fi
    look_for_missing
  fi
  stop_if_missing
}

check_compiler() {
  local major
  printf '#include <concepts>\n#include <ranges>\n#include <span>\nint main() {}\n' |
    "${compiler[@]}" -std=c++20 -fsyntax-only -x c++ - >/dev/null 2>&1 ||
    fail "${compiler[*]} does not compile C++20: install GCC $gcc_tested or newer, or set CXX to another compiler"
  major=$(printf '__GNUC__ __clang__\n' | "${compiler[@]}" -E -P -x c++ - | tail -n 1)
  if [[ $major == *__clang__ && ${major%% *} -lt $gcc_tested ]]; then
    say "GCC ${major%% *} is older than $gcc_tested, the oldest tested version; continuing"
  fi
}

# ---- LibTorch ----------------------------------------------------------------------------------

has_gpu() { [[ -e /dev/nvidia0 ]] || { has nvidia-smi && timeout 20 nvidia-smi -L >/dev/null 2>&1; }; }

find_toolkit() {
  local nvcc
  for nvcc in "${CUDACXX:-}" "$(command -v nvcc)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" /usr/local/cuda/bin/nvcc; do
    if [[ -n $nvcc && -s $nvcc && -x $nvcc ]]; then
      say "$nvcc"
      return
    fi
  done
  return 1
}

# No .cu file is compiled, so the wheel's CUDA runtime and headers suffice (cmake/wheel_cuda.cmake), together with two
# packages of headers that torch does not require. Any other LibTorch with CUDA needs a CUDA toolkit.
cuda_headers=$deps/cuda-headers

has_cuda_headers() { # SITE_PACKAGES
  local header folder found
  for header in cuda_runtime.h cublas_v2.h crt/host_config.h nv/target; do
    found=
    for folder in "$1"/nvidia/*/include "$cuda_headers"/nvidia/*/include "${CUDA_HOME:-/usr/local/cuda}/include"; do
      if [[ -f $folder/$header ]]; then found=yes; fi
    done
    if [[ -z $found ]]; then return 1; fi
  done
}

cuda_header_packages() { # CUDA_VERSION
  local release
  release=$(cut -d. -f1,2 <<<"$1")
  case $release in
    12.*) say "nvidia-cuda-nvcc-cu12==$release.* nvidia-cuda-cccl-cu12==$release.*" ;;
    *) say "nvidia-cuda-crt==$release.* nvidia-cuda-cccl==$release.*" ;;
  esac
}

# Whether the LibTorch in torch_prefix, with CUDA torch_cuda, can be compiled against. Fetches missing headers.
has_cuda_to_build_with() {
  local site=${torch_prefix%/} packages # a prefix is the wheel's torch/share/cmake, or its torch
  site=${site%/share/cmake} site=${site%/torch}
  if [[ -d $site/nvidia ]]; then
    if has_cuda_headers "$site"; then return; fi
    read -ra packages <<<"$(cuda_header_packages "$torch_cuda")"
    say "Installing CUDA headers that torch's packages lack into .deps/cuda-headers with pip"
    ensure_venv
    if pip install -qq --no-deps --upgrade --target "$cuda_headers" "${packages[@]}" && has_cuda_headers "$site"; then
      return
    fi
  fi
  find_toolkit >/dev/null
}

no_cuda="This LibTorch needs CUDA headers: pip could not install them, and there is no CUDA toolkit."
no_cuda+=" Install a toolkit, or use the CPU build: GAN_TORCH=cpu ./scripts/setup.sh"

# Sets torch_found, torch_cuda (empty for a CPU build), torch_python and torch_prefix.
ask_python() { # COMMAND
  local answer
  answer=$("$1" -W ignore - 2>/dev/null <<'PYTHON'
import sys, torch
print(torch.__version__, torch.version.cuda or "", sys.executable, torch.utils.cmake_prefix_path, sep="\n")
PYTHON
  ) || return 1
  { read -r torch_found && read -r torch_cuda && read -r torch_python && read -r torch_prefix; } <<<"$answer"
  [[ -f $torch_prefix/Torch/TorchConfig.cmake ]]
}

write_line() { # FILE LINE: does not touch a file that holds it, since configure.sh compares times
  if [[ ! -f $1 || $(<"$1") != "$2" ]]; then printf '%s\n' "$2" >"$1"; fi
}

take() { # HOW
  write_line "$deps/libtorch" "$torch_prefix"
  if [[ -n $torch_python ]]; then
    write_line "$deps/python" "$torch_python"
  else
    rm -f "$deps/python"
  fi
  taken="LibTorch $torch_found: $torch_prefix ($1)"
}

# Sets given_config (the folder of TorchConfig.cmake), given_prefix and given_by.
find_given() {
  local prefixes=() prefix sub
  if [[ -n ${Torch_DIR:-} && -f $Torch_DIR/TorchConfig.cmake ]]; then
    given_by=Torch_DIR
    given_config=$(cd "$Torch_DIR" && pwd)
    given_prefix=${given_config%/share/cmake/Torch}
    return
  fi
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}"; do
    for sub in share/cmake/Torch Torch .; do
      if [[ -z $prefix || ! -f $prefix/$sub/TorchConfig.cmake ]]; then continue; fi
      given_by=CMAKE_PREFIX_PATH
      given_config=$(cd "$prefix/$sub" && pwd)
      given_prefix=$(cd "$prefix" && pwd)
      return
    done
  done
  return 1
}

# The CUDA version of the given LibTorch, from its version.py; the oldest supported one if that lacks it.
cuda_of_given() {
  local version
  version=$(sed -n "s/^cuda[^=]*= '\\([0-9.]*\\)'.*/\\1/p" "$given_config/../../../version.py" 2>/dev/null || true)
  say "${version:-12.6}"
}

use_given() {
  local version
  if [[ -n ${Torch_DIR:-} && ! -f $Torch_DIR/TorchConfig.cmake ]]; then
    say "Ignoring Torch_DIR ($Torch_DIR): it has no TorchConfig.cmake"
  fi
  if ! find_given; then return 1; fi
  local version_file=$given_config/TorchConfigVersion.cmake
  version=$(sed -n 's/^set(PACKAGE_VERSION "\(.*\)").*/\1/p' "$version_file" 2>/dev/null || true)
  if [[ -n $version ]] && ! at_least "$version" $torch_oldest; then
    fail "LibTorch $version from $given_by ($given_prefix) is older than $torch_oldest"
  fi
  ask_python "${given_prefix%/lib/python*}/bin/python" || ask_python "$venv/bin/python" ||
    ask_python python3 || torch_python=
  torch_found=${version:-of unknown version}
  torch_prefix=$given_prefix
  torch_cuda=
  if [[ -e $given_config/../../../lib/libtorch_cuda.so ]]; then
    torch_cuda=$(cuda_of_given)
    has_cuda_to_build_with || fail "$no_cuda"
  fi
  take "given by $given_by"
}

# Whether the torch that was found is the build to use; if not, says why.
fits() { # WHERE
  local why=
  if [[ $build == cpu && -n $torch_cuda ]]; then
    why="not the requested CPU build"
  elif [[ $build == cuda && -z $torch_cuda ]]; then
    why="not the requested CUDA build"
  elif [[ -n $torch_cuda ]] && ! has_cuda_to_build_with; then
    why="a CUDA build without its headers"
  fi
  if [[ -z $why ]]; then return; fi
  say "Ignoring torch $torch_found of $1: it is $why"
  return 1
}

use_venv() {
  if [[ -e $unfinished ]] || ! ask_python "$venv/bin/python"; then return 1; fi
  if [[ ${torch_found%%+*} != "$torch_version" ]]; then
    say "Ignoring torch $torch_found of .deps/venv: this project uses $torch_version"
    return 1
  fi
  fits .deps/venv && take "in .deps/venv"
}

use_python_on_path() {
  if ! ask_python python3 || [[ $torch_python == "$venv"/* ]]; then return 1; fi
  if ! at_least "$torch_found" $torch_oldest; then
    say "Ignoring torch $torch_found of $torch_python: it is older than $torch_oldest"
    return 1
  fi
  fits "$torch_python" && take "of $torch_python"
}

# Asks only for the list of versions, so that a silent index costs seconds. The download that follows has pip's usual
# timeouts.
offers() { # VERSION [PIP_OPTION...]
  local version=$1 answer
  shift
  answer=$(pip index versions torch --retries 0 --timeout 10 "$@" 2>/dev/null) || return 1
  [[ " $(tr '(),\n' ' ' <<<"$answer") " == *" $version "* ]]
}

install_torch() { # WHICH SOURCE [PIP_OPTION...]
  local which=$1 source=$2
  shift 2
  if [[ -e $unfinished ]] || pip show -q torch 2>/dev/null; then clear_venv; fi
  say "Installing torch $torch_version from $source into .deps/venv"
  # The path is the same for every build, so only a new file tells configure.sh of the change.
  rm -f "$deps/libtorch"
  touch "$unfinished"
  pip install -qq "torch$which" "$@" && rm "$unfinished"
}

# pip ranks +cpu above the plain version, so exclude it.
default_build="==$torch_version,!=$torch_version+cpu"

install_cpu_build() {
  local version=$torch_version+cpu
  if offers "$version" && install_torch "==$version" "pip's configured index (CPU build, about 200 MB)"; then return; fi
  if offers "$version" --index-url $torch_cpu_index &&
    install_torch "==$version" "PyTorch's CPU index (about 200 MB)" --index-url $torch_cpu_index; then return; fi
  say "No index offers torch $version; installing the default build instead (several GB)"
  install_torch "$default_build" "the default index"
}

install_cuda_build() {
  install_torch "$default_build" "the default index (CUDA build, several GB)"
}

wants_cuda() { [[ $build == cuda ]] || { [[ $build == auto ]] && has_gpu; }; }

install_libtorch() {
  ensure_venv
  if wants_cuda; then
    install_cuda_build || fail "pip could not install torch $torch_version (its message is above)"
  else
    install_cpu_build || fail "pip could not install torch $torch_version (its message is above)"
  fi
  ask_python "$venv/bin/python" || fail "torch is in .deps/venv, but Python cannot import it"
  if [[ $build == cuda && -z $torch_cuda ]]; then
    fail "The default index has no CUDA build of torch $torch_version for this machine"
  fi
  if [[ -n $torch_cuda ]]; then has_cuda_to_build_with || fail "$no_cuda"; fi
  take "installed into .deps/venv"
}

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
