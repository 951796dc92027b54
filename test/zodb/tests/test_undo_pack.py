import os
import shutil
import time
import threading

import transaction
import ZODB.blob
from ZODB.blob import is_blob_record
from ZODB.FileStorage import FileStorage
from ZODB.MappingStorage import MappingStorage
from ZODB.POSException import POSKeyError

from case import Case, content, read
from nice_blobs import BlobUnavailable


class UndoTest(Case):
    """Undo reads earlier revisions from the wrapped storage's own files."""

    def undo_last(self, db):
        db.undo(db.undoLog(0, 1)[0]["id"])
        transaction.commit()

    def test_undo_and_redo_of_a_released_blob_give_the_right_bytes(self):
        for host, db in self.each_storage():
            connection = db.open()
            for words in b"first", b"second":
                self.commit_blob(connection, "a", words)
                self.release_all(host)
            blob = connection.root()["a"]
            for words in b"first", b"second", b"first":  # an undo of an undo is a redo
                self.undo_last(db)
                connection.sync()
                self.assertEqual(read(blob), words)
                host.archive(release=True)
                self.assertEqual(read(blob), words)

    def test_the_creation_of_a_released_blob_can_be_undone_and_redone(self):
        for host, db in self.each_storage():
            connection = db.open()
            connection.root()["x"] = 1
            transaction.commit()
            self.commit_blob(connection, "a", b"created")
            self.release_all(host)
            self.undo_last(db)
            connection.sync()
            self.assertNotIn("a", connection.root())
            host.archive(release=True)
            self.undo_last(db)
            connection.sync()
            self.assertEqual(read(connection.root()["a"]), b"created")

    def test_an_undo_during_an_outage_fails_and_loses_nothing(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            self.commit_blob(connection, "a", b"second")
            self.release_all(host)
            host.stop()
            with self.assertRaises(BlobUnavailable):
                self.undo_last(db)
            transaction.abort()
            host.start()
            self.undo_last(db)
            connection.sync()
            self.assertEqual(read(connection.root()["a"]), b"first")

    def test_what_an_undo_needs_is_not_released_meanwhile(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            self.commit_blob(connection, "a", b"second")
            self.release_all(host)
            self.undo_last(db)
            outcomes = host.archive(release=True)
            self.assertIn("an undo needs it", outcomes)
            self.assertEqual(len(self.files(self.blobs)), 3)

    def test_an_undo_of_a_blob_without_its_file_never_goes_on_silently(self):
        host = self.host()
        db = self.open(self.wrap(self.relstorage(), host))
        connection = db.open()
        self.commit_blob(connection, "a", b"first")
        self.commit_blob(connection, "a", b"second")
        # Neither archived nor there: as after a disk that was restored half.
        for file in self.files(self.blobs):
            os.remove(file)
        with self.assertRaises(BlobUnavailable) as raised:
            self.undo_last(db)
        self.assertEqual(raised.exception.code, "UNDO_INCOMPLETE")

    def test_several_undos_in_one_transaction(self):
        for host, db in self.each_storage():
            connection = db.open()
            for words in b"first", b"second", b"third":
                self.commit_blob(connection, "a", words)
            self.commit_blob(connection, "b", b"another")
            self.release_all(host)
            ids = [entry["id"] for entry in db.undoLog(0, 3)]
            db.undoMultiple(ids)
            transaction.commit()
            connection.sync()
            self.assertEqual(read(connection.root()["a"]), b"first")
            self.assertNotIn("b", connection.root())

    def test_history_tells_released_revisions(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            self.commit_blob(connection, "a", b"second")
            self.release_all(host)
            oid = connection.root()["a"]._p_oid
            connection.sync()
            revisions = connection._storage.history(oid, size=10)
            self.assertEqual(len(revisions), 2)
            contents = [content(db.storage.loadBlob(oid, revision["tid"])) for revision in revisions]
            self.assertEqual(contents, [b"second", b"first"])


class PackTest(Case):
    def two_revisions_released(self, base):
        host = self.host()
        db = self.open(self.wrap(base, host))
        connection = db.open()
        old = self.commit_blob(connection, "a", b"first")
        self.commit_blob(connection, "a", b"second")
        self.release_all(host)
        return host, db, connection, old

    def test_packs_with_everything_released(self):
        for host, db in self.each_storage():
            connection = db.open()
            oid, tid = self.commit_blob(connection, "a", b"first")
            self.commit_blob(connection, "a", b"second")
            self.release_all(host)
            db.pack(time.time() + 1)
            connection.sync()
            self.assertEqual(read(connection.root()["a"]), b"second")
            self.assertRaises(POSKeyError, connection._storage.loadSerial, oid, tid)

    def test_a_blob_storage_without_undo_packs_with_everything_released(self):
        host = self.host()
        db = self.open(self.wrap(ZODB.blob.BlobStorage(self.blobs, MappingStorage()), host))
        connection = db.open()
        self.commit_blob(connection, "a", b"first")
        self.commit_blob(connection, "b", b"other")
        self.release_all(host)
        self.commit_blob(connection, "b", b"another")
        db.pack(time.time() + 1)
        self.assertEqual(read(connection.root()["a"]), b"first")
        self.assertEqual(read(connection.root()["b"]), b"another")

    def test_nothing_is_released_while_any_storage_packs(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"the blob")
            during = []
            base_pack = db.storage._base.pack

            def pack(*words, **options):
                during.append(host.archive(release=True))
                return base_pack(*words, **options)

            db.storage._base.pack = pack
            db.pack(time.time() + 1)
            self.assertIn("the volume is packing", during[0])
            del db.storage._base.pack
            self.assertIn("released", host.archive(release=True))

    def test_pack_keep_old_keeps_what_is_local_and_finds_the_rest(self):
        host, db, connection, _ = self.two_revisions_released(self.file_storage(pack_keep_old=True))
        self.commit_blob(connection, "b", b"local")
        db.pack(time.time() + 1)
        self.assertEqual(len(self.files(self.blobs + ".old")), 1)
        self.release_all(host)
        self.assertEqual([read(connection.root()[name]) for name in "ab"], [b"second", b"local"])

    def test_a_pack_that_fails_leaves_everything_readable_and_packs_again(self):
        host, db, connection, _ = self.two_revisions_released(self.file_storage())
        self.commit_blob(connection, "a", b"third")
        base = db.storage._base
        swap = base._remove_blob_files_tagged_for_removal_during_pack

        def fail():
            raise OSError("the disk is full")

        base._remove_blob_files_tagged_for_removal_during_pack = fail
        self.assertRaises(OSError, db.pack, time.time() + 1)
        # ZODB leaves its list of victims, which names nothing that may be believed.
        self.assertIn("the volume is packing", host.archive(release=True))
        base._remove_blob_files_tagged_for_removal_during_pack = swap
        self.assertEqual(read(connection.root()["a"]), b"third")
        os.remove(os.path.join(self.blobs, ".removed"))
        base._pack_is_in_progress = False
        self.commit_blob(connection, "a", b"fourth")
        db.pack(time.time() + 1)
        connection.sync()
        self.assertEqual(read(connection.root()["a"]), b"fourth")

    def test_packing_while_releasing_loses_nothing_and_breaks_nothing_off(self):
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        connection = db.open()
        ended = threading.Event()
        failures = []

        def release():
            while not ended.is_set():
                try:
                    host.archive(release=True)
                except AssertionError as error:
                    # The pack took it first.
                    if "SOURCE_VANISHED" not in str(error):
                        failures.append(error)

        releaser = threading.Thread(target=release)
        releaser.start()
        for turn in range(12):
            for name in "abcd":
                self.commit_blob(connection, name, b"%s %d" % (name.encode(), turn))
            db.pack(time.time() + 1)
        ended.set()
        releaser.join()
        self.assertEqual(failures, [])
        connection.sync()
        self.assertEqual([read(connection.root()[name]) for name in "abcd"], [b"%s 11" % n.encode() for n in "abcd"])


class CopyTest(Case):
    def source(self):
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        connection = db.open()
        for words in b"first", b"second":
            self.commit_blob(connection, "a", words)
        self.release_all(host)
        return host, db, connection

    def records(self, storage):
        for txn in storage.iterator():
            for record in txn:
                if record.data and is_blob_record(record.data):
                    yield record.oid, record.tid

    def test_copies_and_converts_released_blobs_to_any_storage(self):
        host, db, _ = self.source()
        blobs = self.at("copy")
        for name, target in (
            ("FileStorage", lambda: FileStorage(self.at("Copy.fs"), blob_dir=blobs)),
            ("RelStorage", lambda: self.relstorage(blobs=blobs, name="copy")),
        ):
            with self.subTest(name):
                copy = target()
                copy.copyTransactionsFrom(db.storage)
                refs = list(self.records(copy))
                self.assertEqual([content(copy.loadBlob(*ref)) for ref in refs], [b"first", b"second"])
                copy.close()
                shutil.rmtree(blobs)

    def test_copies_into_a_wrapped_storage(self):
        host, db, _ = self.source()
        blobs = self.at("copy")
        other = self.host("other", volumes={"blobs": blobs}, database="other")
        copy = self.wrap(FileStorage(self.at("Copy.fs"), blob_dir=blobs), other)
        self.addCleanup(copy.close)
        copy.copyTransactionsFrom(db.storage)
        other.archive(release=True)
        refs = list(self.records(copy))
        self.assertEqual([content(copy.loadBlob(*ref)) for ref in refs], [b"first", b"second"])

    def test_a_conversion_during_an_outage_aborts_instead_of_dropping_blobs_I11(self):
        host, db, _ = self.source()
        host.stop()
        for target in (
            lambda: FileStorage(self.at("Copy.fs"), blob_dir=self.at("copy")),
            lambda: self.relstorage(blobs=self.at("copy"), name="copy"),
        ):
            copy = target()
            self.assertRaises(BlobUnavailable, copy.copyTransactionsFrom, db.storage)
            copy.close()
            shutil.rmtree(self.at("copy"))
        host.start()

    def convert(self, host):
        """RelStorage's own command, from the wrapped storage into a plain one."""
        from relstorage.zodbconvert import main

        with open(self.at("convert.conf"), "w") as file:
            file.write(f"""
                %import nice_blobs
                <niceblobs source>
                  config {host.config}
                  wait-for-agent 1s
                  <filestorage>
                    path {self.at("data.fs")}
                    blob-dir {self.blobs}
                    read-only true
                  </filestorage>
                </niceblobs>
                <filestorage destination>
                  path {self.at("Converted.fs")}
                  blob-dir {self.at("converted")}
                </filestorage>""")
        main(["zodbconvert", self.at("convert.conf")])
        return FileStorage(self.at("Converted.fs"), blob_dir=self.at("converted"), read_only=True)

    def test_zodbconvert_finds_released_blobs_and_breaks_off_in_an_outage_I11(self):
        host, db, _ = self.source()
        db.close()
        host.stop()
        self.assertRaises(BlobUnavailable, self.convert, host)
        shutil.rmtree(self.at("converted"))
        os.remove(self.at("Converted.fs"))
        host.start()
        converted = self.convert(host)
        refs = list(self.records(converted))
        self.assertEqual([content(converted.loadBlob(*ref)) for ref in refs], [b"first", b"second"])
        converted.close()

    def test_exports_and_imports_released_blobs(self):
        host, db, connection = self.source()
        oid = connection.root()["a"]._p_oid
        with open(self.at("export.zexp"), "wb") as file:
            connection.exportFile(oid, file)
        connection.root()["b"] = connection.importFile(self.at("export.zexp"))
        transaction.commit()
        self.assertEqual(read(connection.root()["b"]), b"second")

    def test_an_aborted_transaction_leaves_nothing(self):
        host, db, connection = self.source()
        with connection.root()["a"].open("w") as file:
            file.write(b"aborted")
        transaction.abort()
        self.assertEqual(read(connection.root()["a"]), b"second")
        self.assertEqual((self.files(self.blobs), os.listdir(os.path.join(self.blobs, "tmp"))), ([], []))
