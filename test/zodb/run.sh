#!/usr/bin/env bash
# The storage wrapper's tests on every Python here that it supports, and ZODB's own over the newest of them. What they need
# is installed into an ignored folder; PostgreSQL comes from Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "test:zodb needs $1" >&2; exit 1; }
. test/zodb/environment.sh

install_postgresql() {
  [ "$(id -u)" = 0 ] || return 1
  apt-get install --yes --quiet postgresql >/dev/null || { apt-get update --quiet && apt-get install --yes --quiet postgresql; } >/dev/null
}
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || install_postgresql || fail "PostgreSQL: apt-get install postgresql"
# Hosts that share a directory mount it by SSHFS, where the kernel knows no NFS, and read it directly where nothing can be mounted.
if [ "$(id -u)" = 0 ] && [ -e /dev/fuse ] && ! command -v sshfs >/dev/null; then
  apt-get install --yes --quiet sshfs openssh-sftp-server >/dev/null || echo "SSHFS is not here"
fi
command -v setpriv >/dev/null || fail "setpriv, of Debian's util-linux"

# Root may write into files that are read-only, which tests expect to be refused.
# What hangs is ended, and tells where.
as_anybody() {
  if [ "$(id -u)" = 0 ]; then set -- setpriv --bounding-set=-dac_override,-dac_read_search "$@"; fi
  timeout --signal=ABRT "$seconds" "$@"
}

export PYTHONPATH="$PWD/client/zodb/src:$PWD/test/zodb:$PWD/test/zodb/tests" PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1
seconds=$([ -n "${BLOBS_TEST_LONG:-}" ] && echo 3600 || echo 1500)
tests=(--test-path="$PWD/test/zodb/tests" --tests-pattern)
newest=
for version in 3.10 3.11 3.12 3.13; do
  python=$(find_python "$version")
  [ -n "$python" ] || { echo "Python $version is not here"; continue; }
  venv=$(zodb_environment "$version" "$python")
  newest=$venv newest_python=$python
  echo "Python $version"
  as_anybody "$venv/bin/zope-testrunner" "${tests[@]}" '^test_(reading|undo_pack|write_through|zeo|regressions|live_report|delivery)$' -vv
done
[ -n "$newest" ] || fail "Python 3.10 or newer, with venv"
as_anybody "$newest/bin/python" test/zodb/compare.py "$newest/bin/zope-testrunner" "${tests[@]}" '^test_suites$' -v
as_anybody "$newest/bin/zope-testrunner" "${tests[@]}" '^test_(load|garbage|ways_in_.*)$' -vv

# Plone's packages are many, and so in a folder of their own, over the newest Python alone.
plone=$PWD/.work/plone-$(basename "$newest" | cut -d- -f2)
if [ ! -x "$plone/bin/zope-testrunner" ]; then
  "$newest_python" -m venv "$plone"
  "$plone/bin/pip" install --quiet --disable-pip-version-check --requirement test/zodb/plone-requirements.txt
fi
PYTHONPATH="$PYTHONPATH:$PWD/examples/plone-view" as_anybody "$plone/bin/zope-testrunner" "${tests[@]}" '^test_plone_view$' -vv

# zodb-s3blobs, which needs Python 3.12, and what it needs are in a folder of their own as well.
case $newest in
  *-3.1[23])
    predecessors=$PWD/.work/predecessors-$(basename "$newest" | cut -d- -f2)
    if [ ! -x "$predecessors/bin/zope-testrunner" ]; then
      "$newest_python" -m venv "$predecessors"
      "$predecessors/bin/pip" install --quiet --disable-pip-version-check --requirement test/zodb/requirements.txt --requirement test/zodb/predecessor-requirements.txt
    fi
    as_anybody "$predecessors/bin/zope-testrunner" "${tests[@]}" '^test_predecessors(_guide)?$' -vv ;;
  *) echo "zodb-s3blobs needs Python 3.12, which is not here" ;;
esac
