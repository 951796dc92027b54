"""The storages that are wrapped."""

import os

from ZODB.blob import BlobStorage
from ZODB.FileStorage import FileStorage

import postgres

# Each test's own: where it keeps its database -> the data source.
_sources = {}


def file_storage(name, blobs, **options):
    return FileStorage(f"{name}.fs", blob_dir=blobs, **options)


def blob_storage(name, blobs):
    return BlobStorage(blobs, FileStorage(f"{name}.fs"))


def relstorage_sqlite(name, blobs, shared=True):
    from relstorage.adapters.sqlite.adapter import Sqlite3Adapter

    return _relstorage(lambda options: Sqlite3Adapter(os.path.abspath(f"{name}-sqlite"), pragmas={}, options=options), name, blobs, shared)


def relstorage_postgresql(name, blobs, shared=True):
    from relstorage.adapters.postgresql import PostgreSQLAdapter

    key = os.path.abspath(f"{name}-postgresql")
    if key not in _sources:
        _sources[key] = postgres.create_database()
    return _relstorage(lambda options: PostgreSQLAdapter(_sources[key], options=options), name, blobs, shared)


def _relstorage(open_adapter, name, blobs, shared):
    from relstorage.options import Options
    from relstorage.storage import RelStorage

    options = Options(blob_dir=blobs, shared_blob_dir=shared, keep_history=True, commit_lock_timeout=30)
    return RelStorage(open_adapter(options), name=name, create=True, options=options)


# All that own their blob directory.
STORAGES = {
    "FileStorage": file_storage,
    "BlobStorage": blob_storage,
    "RelStorageSQLite": relstorage_sqlite,
    "RelStoragePostgreSQL": relstorage_postgresql,
}
