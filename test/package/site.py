"""A database with blobs behind the wrapper, as the wheel and zope.conf's section make it: `site.py CONF write|read|pack`."""

import hashlib
import json
import sys

import transaction
import ZODB.config
from ZODB.blob import Blob

SIZES = [1, 5_000, 3_000_000]


def bytes_of(size):
    return hashlib.shake_128(str(size).encode()).digest(size)


def write(root):
    for size in SIZES:
        blob = root[str(size)] = Blob()
        with blob.open("w") as file:
            file.write(bytes_of(size))
    transaction.commit()


def read(root):
    """As blobs are read: by their file object, and by the path of what is committed."""
    for size in SIZES:
        with root[str(size)].open("r") as file:
            assert file.read() == bytes_of(size), size
        with open(root[str(size)].committed(), "rb") as file:
            assert file.read() == bytes_of(size), size
    return len(SIZES)


with open(sys.argv[1]) as conf:
    database = ZODB.config.databaseFromString(conf.read())
with database.transaction() as connection:
    done = {"write": write, "read": read, "pack": lambda root: database.pack()}[sys.argv[2]](connection.root())
database.close()
print(json.dumps(done))
