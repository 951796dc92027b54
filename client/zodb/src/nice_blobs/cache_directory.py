import os
import stat

from ZConfig import ConfigurationError

MARK = ".nice-blobs-cache"
SAYS = "This directory is a cache of nice-blobs: files in it may be deleted at any time.\n"


def own_directory(directory):
    """Makes the cache directory and marks it, as the agent does, whichever is first. False where the disk refuses.

    What belongs to others or has something else in it is refused: eviction deletes there, and what is found is believed.
    """
    try:
        make_private(directory)
        found = os.stat(directory)
        names = os.listdir(directory)
        if found.st_uid != os.geteuid():
            raise _not_ours(directory, f"it belongs to the user with the id {found.st_uid}")
        if stat.S_IMODE(found.st_mode) & 0o022:
            raise _not_ours(directory, "other users may write into it")
        if MARK not in names and set(names) - {"v1"}:
            raise _not_ours(directory, "there is something else in it")
        if MARK not in names:
            with open(os.path.join(directory, MARK), "w") as file:
                file.write(SAYS)
        return True
    except OSError:
        return False


def make_private(directory):
    """With all that is missing above it, each for this user alone."""
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        parent = os.path.dirname(directory)
        if os.path.isdir(parent):
            raise
        make_private(parent)
        os.mkdir(directory, 0o700)


def _not_ours(directory, reason):
    return ConfigurationError(
        f"{directory} cannot be the cache: {reason}. Name a directory for this alone in cache.directory, owned by the user who reads (0700)"
    )
