"""Marks that keep the archiver from releasing (docs/formats.md, "Files on a host")."""

import contextlib
import os
import threading

# Seconds; the archiver believes a mark for ten minutes.
TOUCH_EVERY = 60
# How long a pack waits for the release that was under way when it marked the volume.
SETTLE = 30


@contextlib.contextmanager
def packing(directory):
    """While a storage packs: it lists files and then removes them, and breaks off at one that has gone meanwhile."""
    mark = os.path.join(directory, ".nice-blobs", "packing")
    ended = threading.Event()

    def keep():
        while not ended.wait(TOUCH_EVERY):
            _touch(mark)

    _touch(mark)
    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        _await_releases(directory, ended)
        yield
    finally:
        ended.set()
        keeper.join()
        with contextlib.suppress(FileNotFoundError):
            os.remove(mark)


def pin(directory, oid):
    """An undo needs the object's files. The archiver releases none of them for an hour."""
    _touch(os.path.join(directory, ".nice-blobs", "pinned", oid.hex()))


def remove_empty_directories(helper):
    """BlobStorage's pack expects a file in each object's directory."""
    for _, path in helper.listOIDs():
        with contextlib.suppress(OSError):  # there is something in it
            os.rmdir(path)


def _await_releases(directory, ended):
    """What stands aside is being released, or was left by a release that was killed, which nobody has to wait for."""
    aside = os.path.join(directory, ".nice-blobs", "releasing")
    for _ in range(SETTLE * 10):
        with contextlib.suppress(FileNotFoundError):
            if os.listdir(aside):
                ended.wait(0.1)
                continue
        return


def _touch(mark):
    os.makedirs(os.path.dirname(mark), mode=0o700, exist_ok=True)
    with open(mark, "a"):
        os.utime(mark)
