from ZODB.POSException import StorageError


class NiceBlobsError(StorageError):
    """Told with a code, what it is about, and what to do (docs/errors.md)."""

    def __init__(self, code, subject, message, hint=""):
        super().__init__(code, subject, message, hint)
        self.code, self.subject, self.hint = code, subject, hint

    def __str__(self):
        code, subject, message, hint = self.args
        return f"{code}: {subject}: {message}" + (f" ({hint})" if hint else "")


class BlobUnavailable(NiceBlobsError):
    """Nobody can tell now whether the blob is there.

    Neither a POSKeyError nor a KeyError: ZODB's copiers take those for "there is no blob", and go on without it.
    """


class NoReport(NiceBlobsError):
    """There is no live report: what would name a part of what lives is none."""
