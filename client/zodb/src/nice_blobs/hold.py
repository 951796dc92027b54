"""Marks that keep the archiver from releasing (docs/formats.md, "Files on a host")."""

import contextlib
import os
import threading
import time
import uuid

# Seconds; the archiver believes a mark for ten minutes.
TOUCH_EVERY = 60
# For so long a release that was announced counts as under way; those of killed processes stay announced.
ANNOUNCED = 600


@contextlib.contextmanager
def packing(directory):
    """While a storage packs: it lists files and then removes them, and breaks off at one that has gone meanwhile."""
    mark = os.path.join(directory, ".nice-blobs", "packing", str(uuid.uuid4()))
    ended = threading.Event()

    def keep():
        while not ended.wait(TOUCH_EVERY):
            _touch(mark)

    _touch(mark)
    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        await_releases(directory)
        yield
    finally:
        ended.set()
        keeper.join()
        with contextlib.suppress(FileNotFoundError):
            os.remove(mark)


def pin(directory, oid):
    """An undo needs the object's files. The archiver releases none of them for an hour, once this returns."""
    _touch(os.path.join(directory, ".nice-blobs", "pinned", oid.hex()))
    await_releases(directory, oid.hex())


def remove_empty_directories(storage):
    """BlobStorage's pack expects a file in each object's directory. A commit has the lock while it makes one."""
    for _, path in storage.fshelper.listOIDs():
        with storage._lock, contextlib.suppress(OSError):  # there is something in it
            os.rmdir(path)


def await_releases(directory, prefix=""):
    """Until no release is under way that has not seen the mark; afterwards a file that is there stays there."""
    announced = os.path.join(directory, ".nice-blobs", "announced")
    while any(name.startswith(prefix) and _is_young(os.path.join(announced, name)) for name in _list(announced)):
        time.sleep(0.01)


def _list(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def _is_young(path):
    try:
        return abs(time.time() - os.stat(path).st_mtime) < ANNOUNCED
    except FileNotFoundError:
        return False


def _touch(mark):
    os.makedirs(os.path.dirname(mark), mode=0o700, exist_ok=True)
    with open(mark, "a"):
        os.utime(mark)
