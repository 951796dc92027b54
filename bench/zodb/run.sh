#!/usr/bin/env bash
# Beside ZEO, RelStorage and zodb-s3blobs, which needs Python 3.12. Prepared by npm run test:zodb.
set -euo pipefail
cd "$(dirname "$0")/../.."
for version in 3.13 3.12; do
  venv=$PWD/.work/zodb-$version
  [ -x "$venv/bin/python" ] && break
done
[ -x "$venv/bin/python" ] || { echo 'bench:zodb needs npm run test:zodb first, with Python 3.12 or newer' >&2; exit 1; }
"$venv/bin/pip" install --quiet --disable-pip-version-check zodb-s3blobs==1.2.1
PYTHONPATH="$PWD/client/zodb/src:$PWD/test/zodb" PYTHONWARNINGS=ignore exec "$venv/bin/python" bench/zodb/bench.py
