"""Which revision of a blob a connection sees, and whose it is."""

from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IStorageWrapper
from ZODB.mvccadapter import Base as Adapter
from ZODB.POSException import POSKeyError
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


def owner(storage, oid, tid):
    """The wrapper from which a connection's storage has a blob, or None."""
    if isinstance(storage, NiceBlobsStorage):
        return storage
    inner = _storage_of_blob(storage, oid, tid)
    return None if inner is None else owner(inner, oid, tid)


def _storage_of_blob(storage, oid, tid):
    """None where that is the storage itself, as a BlobStorage."""
    if isinstance(storage, Adapter):
        return storage._storage
    if isinstance(storage, DemoStorage):
        return storage.changes if _has_record(storage.changes, oid, tid) else storage.base
    return getattr(storage, "base", None) if IStorageWrapper.implementedBy(type(storage)) else None


def _has_record(storage, oid, tid):
    try:
        storage.loadSerial(oid, tid)
        return True
    except POSKeyError:
        return False
