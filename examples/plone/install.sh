#!/usr/bin/env bash
# Installs what the site needs: PostgreSQL and nginx from Debian's packages, Plone by pip into an ignored folder, and this
# clone's wrapper and views beside it. Does nothing where all of that is there. Prints that folder and nginx.
set -euo pipefail
cd "$(dirname "$0")/../.."
. examples/nginx/find-nginx.sh

fail() { echo "The Plone site needs $1" >&2; exit 1; }
say() { echo "$1" >&2; }

install_postgresql() {
  [ "$(id -u)" = 0 ] || return 1
  say "apt-get install postgresql"
  apt-get install --yes --quiet postgresql >/dev/null || { apt-get update --quiet && apt-get install --yes --quiet postgresql; } >/dev/null
}

# The newest that has a venv: one on the path, or one of pyenv's. In 3.13.0 nobody can set `persistent_id` of a pickler, as Plone's
# history of versions does.
find_python() {
  local version found
  for version in 3.13 3.12 3.11; do
    for found in "python$version" "${PYENV_ROOT:-${HOME:-/root}/.pyenv}/versions/$version".*/bin/python3; do
      if "$found" -c 'import ensurepip, io, pickle, venv; pickle.Pickler(io.BytesIO()).persistent_id = id' 2>/dev/null; then echo "$found"; return; fi
    done
  done
}

install_plone() {
  rm -rf "$venv"
  say "Plone goes into $venv, for a minute or two"
  "$python" -m venv "$venv"
  "${pip[@]}" --only-binary :all: --constraint examples/plone/constraints.txt --requirement examples/plone/requirements.txt ||
    fail "Plone, which pip could not install"
  cat "${wanted[@]}" >"$venv/installed"
}

# The views from a copy: building them leaves things where the source is.
install_ours() {
  rm -rf "$venv/ours" && mkdir "$venv/ours"
  cp -R examples/plone-view "$venv/ours"
  "${pip[@]}" --force-reinstall --no-deps ./client/zodb "$venv/ours/plone-view" ||
    fail "nice-blobs-zodb, which pip could not install"
  our_state >"$venv/ours/installed"
}
our_state() { find client/zodb examples/plone-view -type f -not -path '*/__pycache__/*' -exec sha256sum {} + | sort; }

mkdir -p .work
exec 9>.work/plone-site.lock
flock 9
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || install_postgresql || fail "PostgreSQL: apt-get install postgresql"
nginx=$(find_nginx) || fail "nginx: apt-get install nginx"
command -v setpriv >/dev/null || fail "setpriv, of Debian's util-linux"

python=$(find_python)
[ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13, with venv (Debian: apt-get install python3-venv)"
venv=$PWD/.work/plone-site-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
pip=("$venv/bin/pip" --quiet --disable-pip-version-check install)
wanted=(examples/plone/requirements.txt examples/plone/constraints.txt)
cat "${wanted[@]}" | cmp --silent - "$venv/installed" || install_plone
our_state | cmp --silent - "$venv/ours/installed" 2>/dev/null || install_ours
echo "$venv"
echo "$nginx"
