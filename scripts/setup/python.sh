# shellcheck shell=bash disable=SC2154 # setup.sh sources this file and sets the variables
# Python, and the virtual environment .deps/venv.

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
