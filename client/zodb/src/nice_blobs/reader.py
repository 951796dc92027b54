"""Finds blobs: on this host, in the bucket, at the wrapped storage's server."""

import time

from ZODB.blob import BlobFile
from ZODB.POSException import POSKeyError
from ZODB.TimeStamp import TimeStamp

from nice_blobs.agent import Missing
from nice_blobs.errors import BlobUnavailable

# A blob may be released or evicted between the finding and the opening, but hardly so often.
TRIES = 3
OF_THE_CACHE = "CACHE_UNUSABLE", "CACHE_NOT_OURS", "DISK_REFUSED"


class Reader:
    """`young`: for how many seconds the wrapped storage's server is asked first; None where it has its blobs itself."""

    def __init__(self, base, tiers, agent, past_cache, young):
        self._base, self._tiers, self._agent, self._past_cache = base, tiers, agent, past_cache
        self._young = young

    def path(self, oid, tid):
        path = self._tiers.find(oid, tid)
        if path is not None:
            return path
        if self._young is None:
            return self._fetch(oid, tid) or _raise_missing(oid, tid)
        return self._load_from_servers(oid, tid)

    def open(self, oid, tid, blob=None):
        for _ in range(TRIES):
            path = self.path(oid, tid)
            try:
                return _open(path, blob)
            except FileNotFoundError:  # released or evicted meanwhile
                continue
            except OSError:  # the cache cannot be read (I7)
                break
        return _open(self._fetch_past_cache(oid, tid) or _raise_missing(oid, tid), blob)

    def _fetch(self, oid, tid):
        """The path, after the agent has fetched the blob; None when the bucket has no such blob."""
        try:
            return self._agent.path(oid, tid)
        except Missing:
            return None
        except BlobUnavailable as error:
            if error.code not in OF_THE_CACHE:
                raise
            return self._fetch_past_cache(oid, tid)

    def _fetch_past_cache(self, oid, tid):
        try:
            path = self._past_cache.fetch(oid, tid)
        except Missing:
            return None
        self._tiers.remember(oid, tid, path)
        return path

    def _load_from_servers(self, oid, tid):
        """The wrapped storage first for what is too young to be in the bucket, else last. Missing when both say so."""
        young = time.time() - TimeStamp(tid).timeTime() < self._young
        sources = [self._fetch, self._load_from_base]
        unavailable = None
        for load in reversed(sources) if young else sources:
            try:
                path = load(oid, tid)
            except Exception as error:  # ZEO tells its server's errors as its own
                unavailable, path = error, None
            if path is not None:
                return path
        if unavailable:
            raise unavailable
        _raise_missing(oid, tid)

    def _load_from_base(self, oid, tid):
        try:
            path = self._base.loadBlob(oid, tid)
        except POSKeyError:
            return None
        return self._tiers.find(oid, tid) or path


def _open(path, blob):
    return open(path, "rb") if blob is None else BlobFile(path, "r", blob)


def _raise_missing(oid, tid):
    raise POSKeyError("No blob file in any tier", oid, tid)
