#!/usr/bin/env bash
# What browsers get through Debian's nginx with the configuration of examples/nginx. One that is not installed is taken out of its
# package into an ignored folder, so that no service begins; NGINX names another one.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "test:nginx needs $1" >&2; exit 1; }

unpacked=$PWD/.work/nginx
unpack_nginx() {
  local parts
  parts=$(mktemp -d)
  mkdir -p "$unpacked"
  (cd "$parts" && { apt-get download --quiet nginx || { apt-get update --quiet && apt-get download --quiet nginx; }; }) >/dev/null 2>&1 &&
    dpkg-deb --extract "$parts"/nginx_*.deb "$unpacked"
}
works() { "$1" -v >/dev/null 2>&1; }

: "${NGINX:=$(PATH=$PATH:/usr/sbin command -v nginx || echo "$unpacked/usr/sbin/nginx")}"
works "$NGINX" || { unpack_nginx && works "$NGINX"; } || fail "nginx: apt-get install nginx"
export NGINX

exec node --test --test-timeout=120000 test/nginx/*.test.ts
