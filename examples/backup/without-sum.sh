#!/usr/bin/env bash
# Of the paths on standard input those that have no line in a directory of sums.
set -euo pipefail
export LC_ALL=C
shopt -s nullglob
sums=("$1"/*.sha256)
sort -u | comm -23 - <(cat "${sums[@]}" /dev/null | cut -c67- | sort -u)
