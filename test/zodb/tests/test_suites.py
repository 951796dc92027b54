"""ZODB's own tests of blob storages, over the wrapped storages, as they are and with their blobs archived and released."""

import itertools
import os
import tempfile
import unittest

from ZODB.blob import BlobStorage
from ZODB.FileStorage import FileStorage
from ZODB.tests.testblob import storage_reusable_suite

from nice_blobs import NiceBlobsStorage, Settings
from stage import Host

numbers = itertools.count(1)


class AtEveryCommit(NiceBlobsStorage):
    """Archives, and perhaps releases, whatever the volume has, each time a transaction has finished."""

    releasing = None

    def tpc_finish(self, *words, **options):
        tid = self._base.tpc_finish(*words, **options)
        self.host.archive(release=self.releasing)
        return tid

    def _wrapping(self, open_instance):
        wrap = super()._wrapping(open_instance)

        def open_wrapped(*words, **options):
            wrapped = wrap(*words, **options)
            wrapped.__class__, wrapped.host, wrapped.releasing = AtEveryCommit, self.host, self.releasing
            return wrapped

        return open_wrapped


def passed_through(base, host):
    return NiceBlobsStorage(base, Settings.load(host.config))


def archived(base, host, release=False):
    storage = AtEveryCommit(base, Settings.load(host.config))
    storage.host, storage.releasing = host, release
    return storage


def released(base, host):
    return archived(base, host, release=True)


def written_through(base, host):
    return NiceBlobsStorage(base, Settings.load(host.config, archive_on_commit=True))


def file_storage(name, blob_dir):
    return FileStorage(f"{name}.fs", blob_dir=blob_dir)


def blob_storage(name, blob_dir):
    return BlobStorage(blob_dir, FileStorage(f"{name}.fs"))


def relstorage(name, blob_dir, **options):
    from relstorage.adapters.sqlite.adapter import Sqlite3Adapter
    from relstorage.options import Options
    from relstorage.storage import RelStorage

    options = Options(blob_dir=blob_dir, keep_history=True, **options)
    adapter = Sqlite3Adapter(os.path.abspath(f"{name}.sqlite"), pragmas={}, options=options)
    return RelStorage(adapter, name=name, create=True, options=options)


def relstorage_shared(name, blob_dir):
    return relstorage(name, blob_dir, shared_blob_dir=True)


def relstorage_unshared(name, blob_dir):
    return relstorage(name, blob_dir, shared_blob_dir=False)


BASES = {"FileStorage": file_storage, "BlobStorage": blob_storage, "RelStorageShared": relstorage_shared}
MODES = {"PassedThrough": passed_through, "Archived": archived, "Released": released, "WrittenThrough": written_through}


def factory_of(open_base, mode, owned=True):
    def create(name, blob_dir):
        # A database that is opened again is the same one; each test has a directory of its own.
        here = os.path.abspath(blob_dir)
        host = hosts.get(here)
        if host is None:
            directory = tempfile.mkdtemp(prefix="nice-blobs-host-")
            host = hosts[here] = Host(
                directory, {"blobs": here} if owned else {}, database=f"suite{next(numbers)}"
            )
            host.start()
        return mode(open_base(name, blob_dir), host)

    return create


hosts = {}


def test_suite():
    suite = unittest.TestSuite()
    for (base, open_base), (name, mode) in itertools.product(BASES.items(), MODES.items()):
        suite.addTest(
            storage_reusable_suite(
                f"{base}{name}",
                factory_of(open_base, mode),
                test_blob_storage_recovery=True,
                test_packing=True,
                test_undo=True,
            )
        )
    suite.addTest(
        storage_reusable_suite(
            "RelStorageUnshared",
            factory_of(relstorage_unshared, passed_through, owned=False),
            test_blob_storage_recovery=True,
            test_packing=True,
            test_undo=True,
        )
    )
    return suite
