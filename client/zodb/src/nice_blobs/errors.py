from ZODB.POSException import StorageError


class BlobUnavailable(StorageError):
    """Nobody can tell now whether the blob is there.

    Neither a POSKeyError nor a KeyError: ZODB's copiers take those for "there is no blob", and go on without it.
    """

    def __init__(self, code, subject, message, hint=""):
        super().__init__(code, subject, message, hint)
        self.code, self.subject, self.hint = code, subject, hint

    def __str__(self):
        code, subject, message, hint = self.args
        return f"{code}: {subject}: {message}" + (f" ({hint})" if hint else "")
