#!/usr/bin/env bash
# What a volume has that was there at the dump, for backup.sh: lists it, copies what is new, and gives a sum to what is the same in both.
# Status 1 if something was left out, or the volume is not what it was.
set -euo pipefail
[ $# = 2 ] || { echo "usage: copy-volume.sh VOLUME BACKUP" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
volume=$1 backup=$2 copy=$2/blobs sums=$2/blobs/.nice-blobs/sums lists=$2/lists
now=$(date -u +%Y%m%dT%H%M%SZ)
export LC_ALL=C
shopt -s nullglob
mkdir -p "$sums" "$lists"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
status=0

tell() { echo "copy-volume.sh: $1" >&2; status=1; }
refuse() { tell "$1"; exit 1; }

# What a release or a pack takes away meanwhile is no error. Everything else is.
but_for_vanished() {
  local status=0
  "$@" 2> "$work/complaints" || status=$?
  if [ "$status" = 0 ]; then return; fi
  if [ -s "$work/complaints" ] && ! grep -qv ': No such file or directory$' "$work/complaints"; then return; fi
  cat "$work/complaints" >&2
  return "$status"
}

# What the database refers to by now was whole before now. What is younger may still be written to; what is of the future would be
# younger each time.
list_volume() {
  cd "$volume" || return
  if [ -e .layout ]; then echo .layout; fi
  but_for_vanished find . -path './0x*' -name '0x*.blob' -type f \
    \( ! -newer "$backup/dumped" -printf '%P\n' -o -newermt 'now + 1 minute' -fprintf "$work/future" '%P\n' \)
}

has_blobs() { grep -q '\.blob$' "$1"; }

# The disk may be lost tomorrow: then a list of nothing, of a disk that is not there, would restore nothing.
require_believable() {
  [ -s "$1" ] || refuse "there is nothing in $volume, not even a layout marker: is its file system mounted?"
  local before=("$lists"/*.list)
  if has_blobs "$1" || [ ${#before[@]} = 0 ] || [ -n "${MAY_BE_EMPTY:-}" ]; then return; fi
  if has_blobs "${before[-1]}"; then
    refuse "$volume has no blob, and had some by ${before[-1]}: is its file system mounted? Where all may leave, set MAY_BE_EMPTY=yes"
  fi
}

# A file is never replaced. What was released meanwhile comes from the bucket.
fetch() {
  local code=0 vanished=24
  rsync --archive --fsync --ignore-existing --ignore-missing-args --files-from="$1" "$volume/" "$copy/" || code=$?
  [ "$code" = 0 ] || [ "$code" = "$vanished" ] || tell "rsync ended with $code"
}

hash_in() (cd "$1" && but_for_vanished xargs -r -d '\n' sha256sum < "$work/new" | sort)
paths() { cut -c67- | sort; }

# A file that a crash or another program left in the copy is no better for being there: the volume's bytes decide.
compare() {
  hash_in "$copy" > "$work/come" || tell "not all of $copy can be read"
  comm -13 "$work/there" "$work/come" | paths | comm -12 - <(paths < "$work/there") > "$work/differs"
}

move_aside() {
  while read -r path; do
    mkdir -p "$copy.replaced/$now/$(dirname "$path")"
    mv "$copy/$path" "$copy.replaced/$now/$path"
    echo "not what is on the volume, moved to $copy.replaced/$now: $path" >&2
  done
}

publish_list() {
  sync "$lists/list.part"
  mv "$lists/list.part" "$lists/$now.list"
  sync "$lists"
}

whole=yes list=$lists/list.part
(list_volume) > "$list" || whole=''
require_believable "$list"
if [ -n "$whole" ]; then
  publish_list
  list=$lists/$now.list
else
  tell "not all of $volume can be listed; only what can is copied"
fi

sed -n '/\.blob$/p' "$list" | "$here/without-sum.sh" "$sums" > "$work/new"
hash_in "$volume" > "$work/there" || tell "not all of $volume can be read"
fetch "$list"
compare
if [ -s "$work/differs" ]; then
  move_aside < "$work/differs"
  fetch "$work/differs"
  compare
fi
# Before the sums say that they are there.
sync --file-system "$copy"
comm -12 "$work/there" "$work/come" > "$sums/volume.part"
if [ -s "$sums/volume.part" ]; then
  sync "$sums/volume.part"
  mv "$sums/volume.part" "$sums/volume-$now-$$.sha256"
  sync "$sums"
fi

while read -r path; do tell "still not what is on the volume: $path"; done < "$work/differs"
# All of it would pass for released.
if grep -q '^\.layout$' "$list" && ! [ -e "$volume/.layout" ]; then tell "$volume went away while it was copied"; fi
if [ -s "$work/future" ]; then
  tell "of the future, and left out until then (is a clock wrong?): $(wc -l < "$work/future") blobs, such as $(head -n 1 "$work/future")"
fi
exit "$status"
