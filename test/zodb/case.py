"""What the tests of the storage wrapper stand on: a host's directory, wrapped storages, and databases over them."""

import itertools
import os
import shutil
import tempfile
import unittest

import transaction
import ZODB
from ZODB.blob import Blob

from nice_blobs import NiceBlobsStorage, Settings
import storages
from stage import Host

# The databases of one run have one bucket.
numbers = itertools.count(1)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="nice-blobs-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.addCleanup(transaction.abort)
        self.blobs = self.at("blobs")

    def at(self, *names):
        return os.path.join(self.directory, *names)

    def host(self, name="host", start=True, volumes=None, read_only=False, **settings):
        """A host whose agent ends with the test."""
        database = settings.pop("database", None) or f"db{next(numbers)}"
        host = Host(self.at(name), {"blobs": self.blobs} if volumes is None else volumes, database=database, **settings)
        if start:
            host.start(readOnly=read_only)
            self.addCleanup(host.stop)
        return host

    def wrap(self, base, host, **options):
        options.setdefault("wait_for_agent", 0.3)
        return NiceBlobsStorage(base, Settings.load(host.config, **options))

    def file_storage(self, **options):
        return storages.file_storage(self.at("data"), self.blobs, **options)

    def relstorage(self, blobs=None, name="rel", **options):
        return storages.relstorage_sqlite(self.at(name), blobs or self.blobs, **options)

    def each_storage(self, **options):
        """For each kind that owns its blob directory: its name, a host and a wrapped database, all of its own."""
        for name, open_storage in storages.STORAGES.items():
            with self.subTest(name):
                self.blobs = self.at(name, "blobs")
                host = self.host(name)
                db = self.open(self.wrap(open_storage(self.at(name, "data"), self.blobs), host, **options))
                yield host, db
                transaction.abort()
                db.close()

    def open(self, storage):
        db = ZODB.DB(storage)
        self.addCleanup(lambda: hasattr(db, "_mvcc_storage") and db.close())
        return db

    def commit_blob(self, connection, name, content):
        """Answers the blob's id and transaction."""
        root = connection.root()
        if name not in root:
            root[name] = Blob()
        with root[name].open("w") as file:
            file.write(content)
        transaction.commit()
        root[name]._p_activate()  # a blob that was stored is a ghost, which knows no transaction
        return root[name]._p_oid, root[name]._p_serial

    def release_all(self, host):
        """Nothing of the database is in its volume afterwards."""
        host.archive(release=True)
        self.assertEqual(self.files(self.blobs), [])

    def files(self, directory):
        found = []
        for path, _, names in os.walk(directory):
            found += [os.path.join(path, name) for name in names if name.endswith(".blob")]
        return found


def read(blob):
    with blob.open("r") as file:
        return file.read()


def content(path):
    with open(path, "rb") as file:
        return file.read()
