# What suites run in that need ZODB; `fail` is theirs.

# A Python of that version: on the path, or one of pyenv's.
find_python() {
  local found
  for found in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python3; do
    if "$found" -c '' 2>/dev/null; then echo "$found"; return; fi
  done
}

# Version and Python; prints the folder with the packages of requirements.txt, which are installed there once.
zodb_environment() {
  local venv=$PWD/.work/zodb-$1
  if [ ! -x "$venv/bin/zope-testrunner" ]; then
    "$2" -m venv "$venv" >&2 || fail "python3-venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement test/zodb/requirements.txt >&2 ||
      fail "the packages of test/zodb/requirements.txt"
  fi
  echo "$venv"
}
