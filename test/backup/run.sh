#!/usr/bin/env bash
# Backups as examples/backup makes them, and their restore drill: real databases of FileStorage and of RelStorage on PostgreSQL, Debian's
# rsync and rclone, and a sandbox that the drill cannot reach.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "test:backup needs $1" >&2; exit 1; }

missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
for program in rsync rclone; do command -v $program >/dev/null || missing+=("$program"); done
install() { apt-get install --yes --quiet "${missing[@]}" >/dev/null; }
if [ ${#missing[@]} -gt 0 ]; then
  { [ "$(id -u)" = 0 ] && { install || { apt-get update --quiet >/dev/null && install; }; }; } || fail "${missing[*]}: apt-get install ${missing[*]}"
fi

# One that test:zodb uses, too.
find_python() {
  local found
  for found in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python3; do
    if "$found" -c '' 2>/dev/null; then echo "$found"; return; fi
  done
}
for version in 3.13 3.12 3.11 3.10; do
  python=$(find_python "$version")
  if [ -n "$python" ]; then break; fi
done
[ -n "$python" ] || fail "Python 3.10 or newer"
venv=$PWD/.work/zodb-$version
if [ ! -x "$venv/bin/zope-testrunner" ]; then
  "$python" -m venv "$venv" || fail "python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement test/zodb/requirements.txt
fi

export PATH="$PWD/node_modules/.bin:$PATH" PYTHONPATH="$PWD/client/zodb/src:$PWD/test/zodb:$PWD/test/backup:$PWD/test/backup/tests" PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1
exec timeout --signal=ABRT 1500 "$venv/bin/zope-testrunner" --test-path="$PWD/test/backup/tests" --tests-pattern '^test_' -vv "$@"
