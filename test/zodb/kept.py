"""What a storage keeps, by other ways than a live report's."""

import sqlite3

from ZODB.POSException import POSKeyError
from ZODB.utils import p64, u64

import storages

ALL = 2**31 - 1


def kept(name, kind, storage):
    """The refs, as the database's own tables or the objects' histories tell them."""
    if kind.endswith("PostgreSQL"):
        return _rows(_postgresql(storages.postgresql_source(name)))
    if kind.endswith("SQLite"):
        return _rows(sqlite3.connect(f"{name}-sqlite/main.sqlite3"))
    return by_history(storage)


def by_history(storage, most=1000):
    found = set()
    for oid in map(p64, range(most)):
        try:
            found |= {(oid, revision["tid"]) for revision in storage.history(oid, size=ALL)}
        except POSKeyError:
            pass
    return found


def in_memory(storage):
    """Of a MappingStorage, whose oids may be any."""
    return {(oid, tid) for oid, revisions in storage._data.items() for tid in revisions}


def _postgresql(source):
    import psycopg2

    return psycopg2.connect(source)


def _rows(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT zoid, tid FROM object_state")
    found = {(p64(oid), p64(tid)) for oid, tid in cursor.fetchall()}
    connection.close()
    return found


def horizon(refs):
    return max(tid for _, tid in refs)


def missing(named, living):
    """What lives and would count as garbage by what a report names."""
    last = u64(horizon(named))
    return {(oid, tid) for oid, tid in living - named if u64(tid) <= last}
