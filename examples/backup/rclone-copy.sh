#!/usr/bin/env bash
# Copies the blobs of a database by rclone alone, and proves what has come by the SHA-256 that is stored with each object.
# May be killed at any moment and run again; status 1 if something that has come is not what was archived.
set -euo pipefail
[ $# = 2 ] || { echo "usage: rclone-copy.sh REMOTE:BUCKET/blobs/DATABASE DIRECTORY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
source=$1 sums=$2/.nice-blobs/sums
now=$(date -u +%Y%m%dT%H%M%SZ)
export LC_ALL=C
mkdir -p "$sums"
copy=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# By size and time, which rclone sets at the end: what a kill left half is fetched again. By size alone it would be taken for whole.
# What is fetched again over another file moves that one aside.
rclone copy --fast-list --use-server-modtime --backup-dir "$copy.replaced/$now" "$source" "$copy"

cd "$copy"
find . -type f -regex '\./[0-9a-f]+/[0-9a-f]+' -printf '%P\n' | "$here/without-sum.sh" "$sums" > "$work/new"
if [ ! -s "$work/new" ]; then exit; fi
rclone lsf --recursive --fast-list --files-from "$work/new" --format Mp --separator '  ' "$source" |
  sed -nE 's/^\{.*"sha256":"([0-9a-f]{64})".*\}  (.*)$/\1  \2/p' | sort > "$work/stored"
xargs -r -d '\n' sha256sum < "$work/new" | sort > "$work/come"
comm -12 "$work/stored" "$work/come" > "$sums/rclone.part"
if [ -s "$sums/rclone.part" ]; then mv "$sums/rclone.part" "$sums/rclone-$now-$$.sha256"; fi

comm -13 "$work/stored" "$work/come" | sed 's/^.{64}  /not what was archived: /' -E > "$work/wrong"
cat "$work/wrong" >&2
[ ! -s "$work/wrong" ]
