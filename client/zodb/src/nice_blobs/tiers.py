"""Where a blob is on this host, found without asking anybody."""

import os
import stat
import time
import uuid

from nice_blobs.cache_directory import make_private, own_directory
from nice_blobs.errors import BlobUnavailable

# Seconds. How often a use is noted in a file's atime, by which caches know what was used lately.
NOTE_EVERY = 60


class Tiers:
    """The stable path of a ref (I12) and what is there: a cached file, or a link to one of the wrapped storage's files.

    The agent computes the same paths and links (test/fixtures/paths.json).
    """

    def __init__(self, cache, cache_root, directory, layout, owned):
        self._root, self._has_cache = cache_root, own_directory(cache)
        self._prefix, self._layout = f"{directory}/", layout
        self._owned = owned
        self._given = {}

    def stable_path(self, oid, tid):
        oid = oid.hex()
        return f"{self._root}/{oid[-2:]}/{oid}-{tid.hex()}.blob"

    def file_path(self, oid, tid):
        """The wrapped storage's own file."""
        return f"{self._prefix}{self._layout.getBlobFilePath(oid, tid)}"

    def find(self, oid, tid):
        """The path of a blob that is on this host, else None."""
        path = self.stable_path(oid, tid)
        if path in self._given and os.path.exists(self._given[path]):
            return self._given[path]
        try:
            found = os.lstat(path)
        except OSError:  # trouble with the cache costs its use, never the read (I7)
            found = None
        if found and stat.S_ISREG(found.st_mode) and _note_use(path, found):
            return path
        linked = _target(path) if found and stat.S_ISLNK(found.st_mode) else None
        # What a link into the directory leads to, is the blob's file: only the layout made it. Computing it takes longer.
        file = linked if linked and linked.startswith(self._prefix) else self.file_path(oid, tid)
        there = self._stat(file)
        if there is None:
            return None
        if not self._owned:
            _note_use(file, there)
        if linked == file or self._link(path, file):
            return path
        self._given[path] = file
        return file

    def remember(self, oid, tid, path):
        """What was given instead of the stable path, because of trouble with the cache, is given again (I12)."""
        self._given[self.stable_path(oid, tid)] = path

    def is_cached(self, oid, tid):
        try:
            return stat.S_ISREG(os.lstat(self.stable_path(oid, tid)).st_mode)
        except OSError:  # trouble with the cache costs its use (I7)
            return False

    def has_file(self, oid, tid):
        return self._stat(self.file_path(oid, tid)) is not None

    def _stat(self, file):
        """None only where there is no such file: a disk that does not answer, or a link, is no missing blob (I11)."""
        try:
            found = os.lstat(file)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise BlobUnavailable("DISK_UNREADABLE", file, str(error)) from error
        if not stat.S_ISREG(found.st_mode):
            raise BlobUnavailable("DISK_UNREADABLE", file, "not a plain file")
        return found

    def _link(self, path, file):
        """Whether the stable path leads to the file now. One that led elsewhere is replaced in one step."""
        if not self._has_cache:
            return False
        try:
            make_private(os.path.dirname(path))
            try:
                os.symlink(file, path)
            except FileExistsError:
                if os.path.isfile(path) and not os.path.islink(path):  # fetched this very moment
                    return True
                aside = f"{path}.{uuid.uuid4()}.tmp"
                os.symlink(file, aside)
                os.rename(aside, path)
            return True
        except OSError:
            return False


def _target(path):
    try:
        return os.readlink(path)
    except OSError:  # replaced this very moment
        return None


def _note_use(path, found):
    """False when the file was evicted this very moment."""
    now = time.time()
    if 0 <= now - found.st_atime < NOTE_EVERY:
        return True
    try:
        os.utime(path, (now, found.st_mtime))
    except FileNotFoundError:
        return False
    except OSError:
        pass
    return True
