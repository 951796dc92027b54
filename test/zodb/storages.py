"""The storages that are wrapped."""

import os
import shutil

from ZODB.blob import BlobStorage
from ZODB.FileStorage import FileStorage

import postgres

# Each test's own: where it keeps its database -> the data source.
_sources = {}


def file_storage(name, blobs, **options):
    return FileStorage(f"{name}.fs", blob_dir=blobs, **options)


def blob_storage(name, blobs):
    return BlobStorage(blobs, FileStorage(f"{name}.fs"))


def relstorage_sqlite(name, blobs, shared=True, **options):
    from relstorage.adapters.sqlite.adapter import Sqlite3Adapter

    path = os.path.abspath(f"{name}-sqlite")
    return _relstorage(lambda options: Sqlite3Adapter(path, pragmas={}, options=options), name, blobs, shared, **options)


def relstorage_postgresql(name, blobs, shared=True, **options):
    from relstorage.adapters.postgresql import PostgreSQLAdapter

    source = postgresql_source(name)
    return _relstorage(lambda options: PostgreSQLAdapter(source, options=options), name, blobs, shared, **options)


def postgresql_source(name):
    """The data source of the storage with that name."""
    key = os.path.abspath(f"{name}-postgresql")
    if key not in _sources:
        _sources[key] = postgres.create_database()
    return _sources[key]


def backup(kind, name, path):
    """Of a database that may be in use, by its own tool."""
    if kind.endswith("PostgreSQL"):
        postgres.dump(postgresql_source(name), path)
    else:
        shutil.copy(f"{name}.fs", path)


def restore(kind, name, path):
    """In the place of a database that nobody has open."""
    if kind.endswith("PostgreSQL"):
        _sources[os.path.abspath(f"{name}-postgresql")] = postgres.restore(path)
    else:
        os.remove(f"{name}.fs.index")
        shutil.copy(path, f"{name}.fs")


def _relstorage(open_adapter, name, blobs, shared, keep_history=True):
    from relstorage.options import Options
    from relstorage.storage import RelStorage

    options = Options(blob_dir=blobs, shared_blob_dir=shared, keep_history=keep_history, commit_lock_timeout=30)
    return RelStorage(open_adapter(options), name=name, create=True, options=options)


# All that own their blob directory.
STORAGES = {
    "FileStorage": file_storage,
    "BlobStorage": blob_storage,
    "RelStorageSQLite": relstorage_sqlite,
    "RelStoragePostgreSQL": relstorage_postgresql,
}


def history_free_sqlite(name, blobs):
    return relstorage_sqlite(name, blobs, keep_history=False)


def history_free_postgresql(name, blobs):
    return relstorage_postgresql(name, blobs, keep_history=False)


# Those that also own it, and keep the last revision alone.
HISTORY_FREE = {"HistoryFreeSQLite": history_free_sqlite, "HistoryFreePostgreSQL": history_free_postgresql}
