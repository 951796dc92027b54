"""What wrappers wrap: the storages that hold the records themselves."""

import sys

from ZODB.DemoStorage import DemoStorage
from ZODB.interfaces import IStorageWrapper

# They have what the storage in them has and nothing else: their module, their class, and where they keep it.
WRAPPERS = (
    ("nice_blobs.storage", "NiceBlobsStorage", "_base"),
    ("ZODB.blob", "BlobStorage", "_BlobStorage__storage"),
)


def innermost(storage):
    """Yields them: two or more of a DemoStorage, whose records are those of both of its own. What is not known to be a wrapper is one itself."""
    if isinstance(storage, DemoStorage):
        yield from innermost(storage.base)
        yield from innermost(storage.changes)
        return
    wrapped = _wrapped(storage)
    if wrapped is None:
        yield storage
    else:
        yield from innermost(wrapped)


def _wrapped(storage):
    for module, name, attribute in WRAPPERS:
        if comes_from(storage, module, name):
            return getattr(storage, attribute)
    # What compresses or encrypts. Not `providedBy`: any other provides what the one in it does.
    return getattr(storage, "base", None) if IStorageWrapper.implementedBy(type(storage)) else None


def is_zeo_client(storage):
    return comes_from(storage, "ZEO.ClientStorage", "ClientStorage")


def comes_from(thing, module, *names):
    """Whether it is of one of these classes, of a module that need not be installed."""
    known = sys.modules.get(module)
    return isinstance(thing, tuple(getattr(known, name, ()) for name in names))
