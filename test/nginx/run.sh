#!/usr/bin/env bash
# What browsers get through Debian's nginx with the configuration of examples/nginx. One that is not installed is taken out of its
# package into an ignored folder, so that no service begins; NGINX names another one.
set -euo pipefail
cd "$(dirname "$0")/../.."
. examples/nginx/find-nginx.sh

fail() { echo "test:nginx needs $1" >&2; exit 1; }

NGINX=$(find_nginx) || fail "nginx: apt-get install nginx"
export NGINX

exec node --test --test-timeout=120000 test/nginx/*.test.ts
