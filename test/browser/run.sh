#!/usr/bin/env bash
# What a browser makes of the edge's answers: Debian's Chromium, or the one that CHROMIUM names. Screenshots are left in an
# ignored folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "test:browser needs $1" >&2; exit 1; }

install_chromium() {
  [ "$(id -u)" = 0 ] || return 1
  set -- apt-get install --yes --quiet --no-install-recommends chromium fonts-noto-color-emoji
  "$@" >/dev/null || { apt-get update --quiet && "$@"; } >/dev/null
}
: "${CHROMIUM:=$(command -v chromium || true)}"
[ -n "$CHROMIUM" ] || { install_chromium && CHROMIUM=$(command -v chromium); } || fail "Chromium: apt-get install chromium"
export CHROMIUM

# In one process: what they run against takes longer to start than most of them take.
exec node --test --test-isolation=none --test-timeout=120000 test/browser/*.test.ts
