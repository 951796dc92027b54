#!/usr/bin/env bash
# One backup of a database and its blobs: first the database, then what the volume has, then what the bucket has; docs/backups.md
# says why in this order. Its settings are in nice-blobs-backup.conf. It may be killed at any moment and run again.
set -euo pipefail
: "${BACKUP:?the directory of the backup}" "${VOLUME:?the blob directory}"
here=$(cd "$(dirname "$0")" && pwd)
database=$BACKUP/database copy=$BACKUP/blobs sums=$BACKUP/blobs/.nice-blobs/sums
now=$(date -u +%Y%m%dT%H%M%SZ)

umask 077
mkdir -p "$database" "$sums"
exec 9> "$BACKUP/lock"
flock --nonblock 9 || { echo "another backup is at work in $BACKUP" >&2; exit 1; }

# Under its name once it is whole.
dump_postgresql() {
  pg_dump --no-owner --no-privileges "$1" | gzip > "$database/dump.part"
  sync "$database/dump.part"
  mv "$database/dump.part" "$database/$now.sql.gz"
}

# An empty mount point has no blob, and would pass for a volume from which all have left.
require_volume() {
  [ -n "$(find "$VOLUME" -maxdepth 1 \( -name .layout -o -name '0x*' \) -print -quit)" ] && return
  echo "there is nothing in $VOLUME, not even a layout marker: is its file system mounted?" >&2
  exit 1
}

# What the database refers to by now was whole before now. What is younger may still be written to.
list_volume() {
  cd "$VOLUME" || return
  if [ -e .layout ]; then echo .layout; fi
  find . -path './0x*' -name '0x*.blob' -type f ! -newer "$BACKUP/dumped" -printf '%P\n'
}

# A file is never replaced: what is in the copy was verified, or is the same blob. What was released meanwhile comes from the bucket.
copy_volume() {
  touch "$BACKUP/dumped"
  # A directory that a release removes meanwhile ends it with an error; what cannot be read does so each time.
  (list_volume) > "$BACKUP/volume.list" || (list_volume) > "$BACKUP/volume.list" || (list_volume) > "$BACKUP/volume.list"
  local status=0 vanished=24
  rsync --archive --fsync --ignore-existing --ignore-missing-args --files-from="$BACKUP/volume.list" "$VOLUME/" "$copy/" || status=$?
  [ "$status" = 0 ] || [ "$status" = "$vanished" ] || return "$status"
}

# Of what the volume has: the bucket vouches for the rest.
sum_volume() {
  cd "$copy"
  sed -n '/\.blob$/p' "$BACKUP/volume.list" | "$here/without-sum.sh" "$sums" | while read -r path; do
    if [ -e "$path" ]; then sha256sum "$path"; fi
  done > "$sums/volume.part"
  if [ -s "$sums/volume.part" ]; then mv "$sums/volume.part" "$sums/volume-$now-$$.sha256"; fi
}

require_volume
if [ -n "${DATA_FS:-}" ]; then
  "${REPOZO:-repozo}" --backup --gzip --repository="$database" --file="$DATA_FS"
else
  dump_postgresql "${DSN:?DATA_FS, or the data source name of RelStorage on PostgreSQL}"
fi
copy_volume
(sum_volume)
if [ -n "${REMOTE:-}" ]; then
  "$here/rclone-copy.sh" "$REMOTE" "$BACKUP/objects"
else
  "${NICE_BLOBS:-nice-blobs}" recall --all --to "$copy"
fi
