# shellcheck shell=bash disable=SC2154 # setup.sh sources this file and sets the variables
# LibTorch: one that is given, in .deps/venv or on PATH, else installed with pip.

torch_cpu_index=https://download.pytorch.org/whl/cpu
# Exists while pip unpacks torch into .deps/venv: a partial installation can look complete.
unfinished=$venv/torch-unfinished

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
