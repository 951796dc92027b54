import os

import transaction
from ZConfig import ConfigurationError

from case import Case, read
from nice_blobs import BlobUnavailable


class WriteThroughTest(Case):
    """archive-on-commit: hosts without a shared mount read each other's blobs the moment they are committed."""

    def test_a_blob_is_in_the_bucket_before_its_transaction_finishes(self):
        for host, db in self.each_storage(archive_on_commit=True):
            connection = db.open()
            self.commit_blob(connection, "a", b"the blob")
            for file in self.files(self.blobs):
                os.remove(file)  # another host has no such file at all
            self.assertEqual(read(connection.root()["a"]), b"the blob")

    def test_an_undo_writes_through_too(self):
        for host, db in self.each_storage(archive_on_commit=True):
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            self.commit_blob(connection, "a", b"second")
            for file in self.files(self.blobs):
                os.remove(file)
            db.undo(db.undoLog(0, 1)[0]["id"])
            transaction.commit()
            for file in self.files(self.blobs):
                os.remove(file)
            connection.sync()
            self.assertEqual(read(connection.root()["a"]), b"first")

    def test_without_the_bucket_nothing_is_committed(self):
        for host, db in self.each_storage(archive_on_commit=True):
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            before = db.lastTransaction()
            host.stop()
            with self.assertRaises(BlobUnavailable):
                self.commit_blob(connection, "a", b"second")
            transaction.abort()
            self.assertEqual(db.lastTransaction(), before)
            self.assertEqual(read(connection.root()["a"]), b"first")
            host.start()
            self.commit_blob(connection, "a", b"third")
            self.assertEqual(read(connection.root()["a"]), b"third")

    def test_an_abort_after_the_vote_leaves_an_object_and_nothing_else(self):
        for host, db in self.each_storage(archive_on_commit=True):
            connection = db.open()
            self.commit_blob(connection, "a", b"first")

            class Refuses:
                transaction_manager = transaction.manager
                sortKey = lambda self: "~~~"
                abort = commit = tpc_begin = tpc_finish = tpc_abort = lambda self, transaction: None

                def tpc_vote(self, transaction):
                    raise ValueError("another resource refuses")

            with connection.root()["a"].open("w") as file:
                file.write(b"second")
            transaction.get().join(Refuses())
            self.assertRaises(ValueError, transaction.commit)
            transaction.abort()
            self.assertEqual(read(connection.root()["a"]), b"first")
            self.assertEqual(len(self.files(self.blobs)), 1)
            self.commit_blob(connection, "a", b"third")
            self.assertEqual(read(connection.root()["a"]), b"third")

    def test_a_restore_or_conversion_writes_through_too(self):
        source = self.open(self.file_storage())
        self.commit_blob(source.open(), "a", b"converted")
        self.blobs = self.at("copy-blobs")
        from ZODB.FileStorage import FileStorage

        host = self.host()
        copy = self.wrap(FileStorage(self.at("Copy.fs"), blob_dir=self.blobs), host, archive_on_commit=True)
        copy.copyTransactionsFrom(source.storage)
        for file in self.files(self.blobs):
            os.remove(file)
        self.assertEqual(read(self.open(copy).open().root()["a"]), b"converted")

    def test_is_refused_where_the_blobs_are_behind_a_server(self):
        host = self.host(volumes={})
        storage = self.relstorage(shared=False)
        self.addCleanup(storage.close)
        with self.assertRaisesRegex(ConfigurationError, "a blob directory of the storage's own"):
            self.wrap(storage, host, archive_on_commit=True)


class TwoHostsTest(Case):
    def test_two_hosts_without_a_shared_mount_read_each_others_commits(self):
        database = "two-hosts"
        connections = []
        for name in "one", "two":
            blobs = self.at(name, "blobs")
            host = self.host(name, volumes={"blobs": blobs}, database=database)
            storage = self.relstorage(blobs=blobs, name="shared")
            connections.append(self.open(self.wrap(storage, host, archive_on_commit=True)).open())
        one, two = connections
        self.commit_blob(one, "a", b"of one")
        two.sync()
        self.assertEqual(read(two.root()["a"]), b"of one")
        self.commit_blob(two, "a", b"of two")
        one.sync()
        self.assertEqual(read(one.root()["a"]), b"of two")


class DevelopersCopyTest(Case):
    def test_every_blob_is_there_writes_stay_local_and_nothing_can_be_archived(self):
        database = "copied"
        production = self.host("production", database=database)
        db = self.open(self.wrap(self.file_storage(), production))
        self.commit_blob(db.open(), "a", b"of production")
        self.release_all(production)
        db.close()

        self.blobs = self.at("laptop", "blobs")
        laptop = self.host("laptop", volumes={"blobs": self.blobs}, database=database, read_only=True)
        storage = self.wrap(self.file_storage(), laptop)
        connection = self.open(storage).open()
        self.assertEqual(read(connection.root()["a"]), b"of production")
        oid, tid = self.commit_blob(connection, "b", b"of the developer")
        self.assertEqual(read(connection.root()["b"]), b"of the developer")
        with self.assertRaises(BlobUnavailable) as raised:
            storage._agent.archive(oid, tid, "blobs")
        self.assertEqual(raised.exception.code, "ACCESS_DENIED")
