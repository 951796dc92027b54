#!/usr/bin/env bash
# Backups as examples/backup makes them, and their restore drill: real databases of FileStorage and of RelStorage on PostgreSQL, Debian's
# rsync and rclone, and a sandbox that the drill cannot reach.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "test:backup needs $1" >&2; exit 1; }
. test/zodb/environment.sh

missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
for program in rsync rclone; do command -v $program >/dev/null || missing+=("$program"); done
install() { apt-get install --yes --quiet "${missing[@]}" >/dev/null; }
if [ ${#missing[@]} -gt 0 ]; then
  { [ "$(id -u)" = 0 ] && { install || { apt-get update --quiet >/dev/null && install; }; }; } || fail "${missing[*]}: apt-get install ${missing[*]}"
fi

# One that test:zodb uses, too.
for version in 3.13 3.12 3.11 3.10; do
  python=$(find_python "$version")
  if [ -n "$python" ]; then break; fi
done
[ -n "$python" ] || fail "Python 3.10 or newer"
venv=$(zodb_environment "$version" "$python")

export PATH="$PWD/node_modules/.bin:$PATH" PYTHONPATH="$PWD/client/zodb/src:$PWD/test/zodb:$PWD/test/backup:$PWD/test/backup/tests" PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1
exec timeout --signal=ABRT 1500 "$venv/bin/zope-testrunner" --test-path="$PWD/test/backup/tests" --tests-pattern '^test_' -vv "$@"
