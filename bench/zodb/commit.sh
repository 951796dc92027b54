#!/usr/bin/env bash
# Beside plain FileStorage and zodb-s3blobs, which needs Python 3.12 or newer. What it needs is installed into an ignored folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=$PWD/.work/zodb-peers
for python in "$venv/bin/python" python3.13 python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/{3.13,3.12}.*/bin/python3; do
  "$python" -c '' 2>/dev/null && break
  python=
done
[ -n "$python" ] || { echo 'bench:commit needs Python 3.12 or 3.13, with venv' >&2; exit 1; }
[ -x "$venv/bin/pip" ] || "$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "$(grep '^ZODB==' test/zodb/requirements.txt)" zodb-s3blobs==1.2.1
PYTHONPATH="$PWD/client/zodb/src:$PWD/test/zodb" PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" bench/zodb/commit.py
