"""ZODB's own tests of blob storages, over the wrapped storages, as they are and with their blobs archived and released."""

import atexit
import itertools
import os
import shutil
import tempfile
import unittest

from ZODB.tests.testblob import storage_reusable_suite

from nice_blobs import NiceBlobsStorage, Settings
from stage import Host
from storages import STORAGES, relstorage_postgresql, relstorage_sqlite

numbers = itertools.count(1)
# ZODB's tests have directories of their own, whose names are too long for a socket.
HOSTS = tempfile.mkdtemp(prefix="nice-blobs-")
atexit.register(shutil.rmtree, HOSTS, ignore_errors=True)


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


BARE = "Bare"
MODES = {
    BARE: lambda base, host: base,
    "PassedThrough": passed_through,
    "Archived": archived,
    "Released": released,
    "WrittenThrough": written_through,
}


def factory_of(open_base, mode, owned=True):
    if mode is MODES[BARE]:
        return open_base

    def create(name, blob_dir):
        # A database that is opened again is the same one; each test has a directory of its own.
        here = os.path.abspath(blob_dir)
        host = hosts.get(here)
        if host is None:
            directory = tempfile.mkdtemp(prefix="host-", dir=HOSTS)
            host = hosts[here] = Host(
                directory, {"blobs": here} if owned else {}, database=f"suite{next(numbers)}"
            )
            host.start()
        return mode(open_base(name, blob_dir), host)

    return create


hosts = {}


def test_suite():
    suite = unittest.TestSuite()
    for (base, open_base), (name, mode) in itertools.product(STORAGES.items(), MODES.items()):
        suite.addTest(reusable_suite(f"{base}-{name}-", factory_of(open_base, mode)))
    for base, open_base in BEHIND_A_SERVER.items():
        for name in BARE, "PassedThrough":
            suite.addTest(reusable_suite(f"{base}-{name}-", factory_of(open_base, MODES[name], owned=False)))
    return suite


def reusable_suite(prefix, factory):
    return storage_reusable_suite(
        prefix, factory, test_blob_storage_recovery=True, test_packing=True, test_undo=True
    )


BEHIND_A_SERVER = {
    "UnsharedSQLite": lambda name, blobs: relstorage_sqlite(name, blobs, shared=False),
    "UnsharedPostgreSQL": lambda name, blobs: relstorage_postgresql(name, blobs, shared=False),
}
