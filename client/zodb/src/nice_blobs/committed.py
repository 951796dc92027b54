"""Which revision of a blob a connection sees, and whose it is."""

from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IStorageWrapper
from ZODB.mvccadapter import Base as Adapter
from ZODB.utils import z64

from nice_blobs.storage import NiceBlobsStorage


def committed_tid(blob):
    """None where there is no committed revision, or changes that are not committed, a savepoint's among them.

    A blob that is not loaded stays so: ZODB asks for the file of each blob that it loads, which fetches what was released.
    """
    connection = blob._p_jar
    if connection is None or blob._p_changed or blob._p_blob_uncommitted or _is_in_savepoint(connection, blob._p_oid):
        return None
    is_loaded = blob._p_changed is not None
    tid = blob._p_serial if is_loaded else connection._storage.load(blob._p_oid)[1]
    return None if tid == z64 else tid


def _is_in_savepoint(connection, oid):
    storage = connection._savepoint_storage
    return storage is not None and oid in storage.index


def owners(storage):
    """The wrappers from which a connection's storage has its blobs: none, one, or those of both storages of a DemoStorage."""
    if isinstance(storage, NiceBlobsStorage):
        yield storage
    elif isinstance(storage, DemoStorage):
        yield from owners(storage.changes)
        yield from owners(storage.base)
    else:
        inner = _storage_of_its_blobs(storage)
        if inner is not None:
            yield from owners(inner)


def _storage_of_its_blobs(storage):
    """None where it has them itself, as a BlobStorage."""
    if isinstance(storage, Adapter):
        return storage._storage
    return getattr(storage, "base", None) if IStorageWrapper.implementedBy(type(storage)) else None
