"""Files of blobs for as long as this process lives, where the cache cannot be used (I7)."""

import atexit
import contextlib
import os
import tempfile
import time

from nice_blobs.errors import BlobUnavailable

PREFIX = "nice-blobs-"
# Seconds; what processes left that were killed.
LEFT_BEHIND = 86400


class PastCache:
    def __init__(self, agent, directories):
        self._agent, self._directories = agent, [*directories, tempfile.gettempdir()]
        self._swept = False

    def fetch(self, oid, tid):
        """A path that nobody else has, whole; on the first disk that takes it. Raises Missing."""
        for directory in self._directories:
            self._sweep(directory)
            path = os.path.join(directory, f"{PREFIX}{os.getpid()}-{oid.hex()}-{tid.hex()}-{os.urandom(4).hex()}.blob")
            try:
                with open(path, "xb") as file:
                    atexit.register(_remove, path, os.getpid())
                    self._agent.copy_to(file, oid, tid)
                    os.fchmod(file.fileno(), 0o400)
                return path
            except OSError as error:
                _remove(path, os.getpid())
                refusal = error
            except BlobUnavailable as error:
                _remove(path, os.getpid())
                if error.code != "TARGET_UNWRITABLE":
                    raise
                refusal = error
            except BaseException:
                _remove(path, os.getpid())
                raise
        raise BlobUnavailable("TARGET_UNWRITABLE", self._directories[0], str(refusal)) from refusal

    def _sweep(self, directory):
        if self._swept:
            return
        self._swept = True
        for name in os.listdir(directory) if os.path.isdir(directory) else []:
            path = os.path.join(directory, name)
            with contextlib.suppress(OSError):
                if name.startswith(PREFIX) and name.endswith(".blob") and time.time() - os.stat(path).st_mtime > LEFT_BEHIND:
                    os.remove(path)


def _remove(path, pid):
    """Not by a fork, which goes on to share the file."""
    if pid == os.getpid():
        with contextlib.suppress(OSError):
            os.remove(path)
