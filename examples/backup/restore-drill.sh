#!/usr/bin/env bash
# Brings a database up from a backup and nothing else, opens every blob in it and compares it with its sum. Says one verdict, with the
# status 0 if all is there; 1 if a blob is missing, damaged, unreadable or without a sum, or the database is too old; 3 if it cannot be
# brought up. Changes nothing of the backup, and needs no part of nice-blobs: bash, ZODB (and RelStorage with PostgreSQL), coreutils.
set -euo pipefail

usage() {
  cat >&2 <<'TEXT'
usage: restore-drill.sh [options] BACKUP
  BACKUP             has database/ (of repozo, or *.sql.gz of pg_dump) and blobs/, objects/ or both, as backup.sh makes it
  --repozo DIR       the database, where it is elsewhere
  --sql FILE         likewise
  --date DATE        of repozo's backups the last before then (YYYY-MM-DD-hh-mm-ss, UTC)
  --within TIME      no older may the database be: 2d, 36h
  --blobs DIR        the blobs, where they are elsewhere; as often as there are directories
  --python PYTHON    one with ZODB, and RelStorage; default: python3
  --conf FILE        the storage, where it needs more than its own section (docs/backups.md)
  --scratch DIR      where to bring it up; default: $TMPDIR
  --keep             leave it there
TEXT
  exit 2
}

refuse() { echo "restore-drill.sh: $1" >&2; exit 2; }

drill=$(cd "$(dirname "$0")" && pwd)/restore-drill.sh

# Nothing of AWS, and no network at all: what is not in the backup is not there.
if [ -z "${DRILL_NETWORK:-}" ]; then
  without=(unshare --net) network=none
  if ! "${without[@]}" true 2>/dev/null; then without=(unshare --user --map-current-user --net); fi
  if ! "${without[@]}" true 2>/dev/null; then
    without=() network='could not be taken away'
  fi
  exec env --ignore-environment PATH="$PATH" LANG=C.UTF-8 TMPDIR="${TMPDIR:-/tmp}" DRILL_NETWORK="$network" "${without[@]}" "$drill" "$@"
fi

backup='' repozo='' sql='' date='' within='' conf='' python=python3 scratch=$TMPDIR keep='' blobs=()
while [ $# -gt 0 ]; do
  case $1 in
    --repozo | --sql | --date | --within | --python | --conf | --scratch) [ -n "${2:-}" ] || usage; declare "${1#--}=$2"; shift 2 ;;
    --blobs) [ -d "${2:-}" ] || refuse "there is no directory ${2:-}"; blobs+=("$2"); shift 2 ;;
    --keep) keep=yes; shift ;;
    -*) usage ;;
    *) [ -z "$backup" ] && [ -n "$1" ] || usage; backup=$1; shift ;;
  esac
done

lost() { echo "verdict: the database cannot be brought up: $1"; exit 3; }

# Where there are dumps of both kinds, one of them is made no longer, and may be long out of date.
find_database() {
  local database=$backup/database
  [ -d "$database" ] || lost "there is no $database"
  sql=$(find "$database" -name '*.sql.gz' | sort | tail -n 1)
  repozo=$(find "$database" \( -name '*.dat' -o -name '*.fs' -o -name '*.fsz' \) -printf '%h\n' -quit)
  [ -z "$sql" ] || [ -z "$repozo" ] || refuse "$database has dumps of repozo and of pg_dump: say which by --repozo or --sql"
  [ -n "$sql$repozo" ] || lost "there is no dump in $database"
}

[ -z "$date" ] || { [[ $date =~ ^[0-9]{4}(-[0-9]{2}){2,5}$ ]] && date --date="${date:0:10}" >/dev/null 2>&1; } || refuse "no date: $date"
[ -z "$within" ] || [[ $within =~ ^[1-9][0-9]{0,4}[dh]$ ]] || refuse "no time: $within"
[ -n "$backup" ] || { [ -n "$repozo$sql" ] && [ ${#blobs[@]} -gt 0 ]; } || usage
[ -z "$repozo" ] || [ -z "$sql" ] || refuse '--repozo and --sql are two databases'
if [ -z "$repozo$sql" ]; then find_database; fi
[ -z "$date" ] || [ -z "$sql" ] || refuse '--date is for backups of repozo: of others say which by --sql'
if [ ${#blobs[@]} = 0 ]; then
  for each in "$backup/blobs" "$backup/objects"; do if [ -d "$each" ]; then blobs+=("$each"); fi; done
fi

# By their process, which one that is killed cannot do for itself.
tell_of_left_scratch() {
  local each process
  for each in "$scratch"/restore-drill.*.*; do
    process=${each%.*} process=${process##*.}
    if [ -d "$each" ] && ! [ -d "/proc/$process" ]; then echo "left by an earlier drill: $each"; fi
  done
}

# Looked at and let go at once: a drill keeps no backup from beginning.
tell_of_backup_at_work() {
  [ -n "$backup" ] && [ -r "$backup/lock" ] || return 0
  flock --shared --nonblock 9 9< "$backup/lock" || echo "a backup is at work in $backup: what it has not brought yet will be missing"
}

echo "network: $DRILL_NETWORK"
tell_of_left_scratch
tell_of_backup_at_work
scratch=$(mktemp --directory "$scratch/restore-drill.$$.XXXXXX")
cluster=$scratch/postgresql
finish() {
  if [ -e "$cluster/data/postmaster.pid" ]; then as_postgres "$programs/pg_ctl" -D "$cluster/data" -m immediate stop >/dev/null; fi
  if [ -n "$keep" ]; then echo "left in $scratch"; else rm -r "$scratch"; fi
}
trap finish EXIT
export DRILL_DATA=$scratch/Data.fs DRILL_BLOBS=$scratch/blobs DRILL_DSN="host='$cluster' user='drill' dbname='drill'"
mkdir "$DRILL_BLOBS"
echo bushy > "$DRILL_BLOBS/.layout"

# What repozo finds it verifies; but where the last increments are gone, it takes what was before them for the whole. They are listed
# beside each full backup.
require_increments() {
  local end=${date:-9999} list='' each
  for each in "$repozo"/*.dat; do
    each=$(basename "$each" .dat)
    if [[ ! $each > $end ]]; then list=$repozo/$each.dat; fi
  done
  [ -f "$list" ] || lost "there is no backup of repozo${date:+ before $date} in $repozo"
  while read -r each _; do
    each=$(basename "$each")
    if [[ ${each%.*} > $end ]]; then break; fi
    dump=$repozo/$each
    [ -f "$dump" ] || lost "$dump is missing"
  done < "$list"
}

restore_filestorage() {
  require_increments
  "$python" -m ZODB.scripts.repozo --recover --with-verify --repository="$repozo" --output="$DRILL_DATA" ${date:+"--date=$date"} ||
    lost "repozo refuses $repozo"
  cat > "$scratch/storage.conf" <<'CONF'
<filestorage>
  path $(DRILL_DATA)
  blob-dir $(DRILL_BLOBS)
</filestorage>
CONF
}

# As root it would refuse to run; as another user it has to get through root's directories to its own.
as_postgres() {
  local through=+dac_read_search
  if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid=postgres --regid=postgres --clear-groups --inh-caps=$through --ambient-caps=$through "$@"; fi
  (cd / && "$@")
}
query() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --host="$cluster" --username=drill "$@"; }

# A server of its own, on a socket in the scratch directory: no other is in reach.
start_postgresql() {
  programs=$(find /usr/lib/postgresql -name initdb -printf '%h\n' | sort -V | tail -n 1)
  mkdir "$cluster"
  if [ "$(id -u)" = 0 ]; then chown postgres "$cluster"; fi
  as_postgres "$programs/initdb" --pgdata="$cluster/data" --username=drill --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null &&
    as_postgres "$programs/pg_ctl" -D "$cluster/data" --log="$cluster/log" --wait \
      -o "-k $cluster -c listen_addresses= -c fsync=off -c shared_buffers=128MB" start >/dev/null || lost 'PostgreSQL does not start'
}

restore_relstorage() {
  dump=$sql
  [ -f "$sql" ] || lost "there is no $sql"
  gzip --decompress --stdout "$sql" | tail -n 20 | grep --quiet '^-- PostgreSQL database dump complete' || lost "$sql is cut off"
  start_postgresql
  query --dbname=postgres --command='CREATE DATABASE drill'
  gzip --decompress --stdout "$sql" | query --dbname=drill >/dev/null || lost "psql refuses $sql"
  local history=false
  if [ "$(query --dbname=drill --command="SELECT to_regclass('current_object') IS NOT NULL")" = t ]; then history=true; fi
  cat > "$scratch/storage.conf" <<CONF
%import relstorage
<relstorage>
  blob-dir \$(DRILL_BLOBS)
  shared-blob-dir true
  keep-history $history
  <postgresql>
    dsn \$(DRILL_DSN)
  </postgresql>
</relstorage>
CONF
}

if [ -n "$sql" ]; then restore_relstorage; else restore_filestorage; fi
DRILL_DUMP=$dump DRILL_WITHIN=$within "$python" "$(dirname "$drill")/restore_drill.py" "${conf:-$scratch/storage.conf}" "${blobs[@]}"
