#!/usr/bin/env bash
# Copies the blobs of a database by rclone alone, and proves what has come by the SHA-256 that is stored with each object.
# May be killed at any moment and run again; status 1 if something that has come is not what was archived, or the source has nothing.
set -euo pipefail
[ $# = 2 ] || { echo "usage: rclone-copy.sh REMOTE:BUCKET/blobs/DATABASE DIRECTORY" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
source=$1 sums=$2/.nice-blobs/sums
now=$(date -u +%Y%m%dT%H%M%SZ)
export LC_ALL=C

# A prefix that is none, as by a slip of the pen, is empty, and no error to S3.
any=$(rclone lsf --recursive --fast-list "$source" | sed -n 1p)
[ -n "$any" ] || { echo "there is nothing in $source: is that its name?" >&2; exit 1; }

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
rclone lsf --recursive --fast-list --files-from "$work/new" --format Mp --separator '  ' "$source" > "$work/listed"
sed -nE 's/^\{.*"sha256":"([0-9a-f]{64})".*\}  (.*)$/\1  \2/p' "$work/listed" | sort > "$work/stored"
xargs -r -d '\n' sha256sum < "$work/new" | sort > "$work/come"
comm -12 "$work/stored" "$work/come" > "$sums/rclone.part"
if [ -s "$sums/rclone.part" ]; then mv "$sums/rclone.part" "$sums/rclone-$now-$$.sha256"; fi

# What was swept before it was proved is not damaged for that.
sed 's/^.*  //' "$work/listed" | sort > "$work/there"
sort "$work/new" | comm -13 "$work/there" - > "$work/gone"
sed 's/^/no longer in the bucket, so not proved: /' "$work/gone" >&2
comm -13 "$work/stored" "$work/come" | cut -c67- | sort | comm -23 - "$work/gone" | sed 's/^/not what was archived: /' > "$work/wrong"
cat "$work/wrong" >&2
[ ! -s "$work/wrong" ]
