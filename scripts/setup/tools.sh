# shellcheck shell=bash disable=SC2154 # setup.sh sources this file and sets the variables
# The compiler, tools and libraries that building needs.

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
