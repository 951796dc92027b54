import os

from ZConfig import ConfigurationError


def blob_helper(storage):
    """What tells the storage's blob directory and its layout."""
    helper = getattr(storage, "fshelper", None)
    if hasattr(helper, "layout_name"):
        return helper
    raise ConfigurationError(f"{storage!r} has no blob directory: wrap the storage that has it")


def volume_name(settings, directory, owned):
    """The name of the blob directory in the configuration, and the directory as it is written there.

    The agent makes links into it with that text, so both sides have to write it alike.
    """
    directory = directory.rstrip(os.sep)
    if not owned:
        if settings.archive_on_commit:
            raise ConfigurationError("archive-on-commit needs a blob directory of the storage's own; wrap the server's storage")
        return None, directory
    for name, known in settings.volumes.items():
        if os.path.realpath(known) == os.path.realpath(directory):
            _require_only_one(settings, known)
            return name, known
    raise ConfigurationError(
        f"{directory} is no volume of the database {settings.database}: add it to its volumes in the configuration"
    )


# What is opened in this process: where the paths of a database begin -> its blob directory.
_opened = {}


def _require_only_one(settings, directory):
    """Two databases under one name would read each other's blobs (I9)."""
    if _opened.setdefault(settings.cache_root, directory) != directory:
        raise ConfigurationError(
            f"{directory}: {_opened[settings.cache_root]} is open as the database {settings.database} already; give each a name of its own"
        )
