#!/usr/bin/env bash
# One backup of a database and its blobs: first the database, then what the volume has, then what the bucket has; docs/backups.md
# says why in this order. Its settings are in nice-blobs-backup.conf. It may be killed at any moment and run again.
set -euo pipefail
: "${BACKUP:?the directory of the backup}" "${VOLUME:?the blob directory}"
here=$(cd "$(dirname "$0")" && pwd)
now=$(date -u +%Y%m%dT%H%M%SZ)
umask 077

refuse() { echo "backup.sh: $1" >&2; exit 1; }

# What is made here by hand once is not there while the backup's file system is not: an empty mount point is none.
require_places() {
  [ -d "$BACKUP/database" ] || refuse "there is no $BACKUP/database: is the file system of the backup mounted? It is made by hand once"
  [ -d "$VOLUME" ] || refuse "there is no directory $VOLUME"
  BACKUP=$(realpath "$BACKUP") VOLUME=$(realpath "$VOLUME")
  case "$BACKUP/" in "$VOLUME"/*) refuse "the backup $BACKUP is in the volume $VOLUME" ;; esac
  case "$VOLUME/" in "$BACKUP"/*) refuse "the volume $VOLUME is in the backup $BACKUP" ;; esac
  [ -n "$(find "$VOLUME" -maxdepth 1 \( -name .layout -o -name '0x*' \) -print -quit)" ] ||
    refuse "there is nothing in $VOLUME, not even a layout marker: is its file system mounted?"
}

require_one_database() {
  [ -n "${DATA_FS:-}${DSN:-}" ] || refuse 'say DATA_FS, or DSN, the data source name of RelStorage on PostgreSQL'
  [ -z "${DATA_FS:-}" ] || [ -z "${DSN:-}" ] || refuse 'DATA_FS and DSN are both set: which one is the database?'
  # Whoever may list processes would read it.
  if [[ ${DSN:-} =~ password[[:space:]]*= || ${DSN:-} =~ ://[^/@]*:[^/@]*@ ]]; then
    refuse 'DSN has a password, which the list of processes would show: put it into ~/.pgpass, or into a file that DSN names by passfile='
  fi
}

# Under its name once it is whole.
dump_postgresql() {
  pg_dump --no-owner --no-privileges "$DSN" | gzip > "$database/dump.part"
  sync "$database/dump.part"
  mv "$database/dump.part" "$database/$now.sql.gz"
}

# One that was killed may have left an increment of which the list knows nothing. Those after it could not be restored.
dump_filestorage() {
  local full=()
  if compgen -G "$database/*fsz" >/dev/null && ! is_restorable; then
    echo "what repozo left in $database cannot be restored to its end: a full backup begins anew" >&2
    full=(--full)
  fi
  "$repozo" --backup "${full[@]}" --gzip --repository="$database" --file="$DATA_FS"
}

# `repozo --verify` looks at what is in the list alone.
is_restorable() { "$repozo" --recover --with-verify --repository="$database" >/dev/null 2>&1; }

require_places
require_one_database
database=$BACKUP/database copy=$BACKUP/blobs repozo=${REPOZO:-repozo}
exec 9> "$BACKUP/lock"
flock --nonblock 9 || refuse "another backup is at work in $BACKUP"

if [ -n "${DATA_FS:-}" ]; then dump_filestorage; else dump_postgresql; fi
sync "$database"
touch "$BACKUP/dumped"

# What is wrong with the volume does not keep from the backup what is in the bucket.
status=0
"$here/copy-volume.sh" "$VOLUME" "$BACKUP" || status=$?
if [ -n "${REMOTE:-}" ]; then
  "$here/rclone-copy.sh" "$REMOTE" "$BACKUP/objects"
else
  "${NICE_BLOBS:-nice-blobs}" recall --all --to "$copy"
fi
exit "$status"
