"""ZODB opens a blob for writing on from the path it remembers, without asking the storage for the file.

Where that file was released or evicted, it fails after it has made an empty working copy, which the connection then takes for the
blob: the next one who writes loses its bytes. So the storage is asked first, and a failure leaves no working copy.
"""

import functools
import os

from ZODB.blob import SAVEPOINT_SUFFIX, Blob

from nice_blobs.errors import BlobUnavailable

TRIES = 3


def protect_writing_on():
    """Once for all blobs of the process; those of other storages have the same trouble with caches."""
    if not hasattr(Blob.open, "__wrapped__"):
        Blob.open = _protected(Blob.open)


def _protected(open_blob):
    @functools.wraps(open_blob)
    def open_protected(self, mode="r"):
        if mode not in ("r+", "a") or not _is_committed(self):
            return open_blob(self, mode)
        for _ in range(TRIES):
            self._p_blob_committed = self._p_jar._storage.loadBlob(self._p_oid, self._p_serial)
            try:
                return open_blob(self, mode)
            except BaseException as error:
                _forget_working_copy(self)
                if not isinstance(error, FileNotFoundError):  # released or evicted meanwhile
                    raise
        raise BlobUnavailable("DISK_UNREADABLE", self._p_blob_committed, "it vanishes as often as it is found")

    return open_protected


def _is_committed(blob):
    if blob.readers or blob.writers or blob._p_blob_uncommitted:  # which also loads a ghost
        return False
    path = blob._p_blob_committed
    return bool(path) and not path.endswith(SAVEPOINT_SUFFIX)


def _forget_working_copy(blob):
    if blob._p_blob_uncommitted:
        os.remove(blob._uncommitted())
