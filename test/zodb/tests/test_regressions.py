"""What readers of this code have found, by name."""

import os
import threading
import time

import transaction
import ZEO
from ZConfig import ConfigurationError
from ZODB.blob import Blob, BlobStorage
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError
from ZODB.utils import p64

from case import Case, content, read
from nice_blobs import BlobUnavailable


class WritingOnTest(Case):
    """ZODB opens what it writes on from by the path it remembers, and leaves an empty working copy when that fails."""

    def evict(self, host):
        host.archive(release=True)
        for file in self.files(os.path.join(host.directory, "cache")):
            os.remove(file)

    def test_an_append_to_a_released_or_evicted_blob_keeps_its_bytes(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"x" * 1000)
            blob = connection.root()["a"]
            for mode, words in ("a", b"appended"), ("r+", b"written"), ("a", b"again"):
                blob._p_activate()
                self.evict(host)
                with blob.open(mode) as file:
                    file.seek(0, 2)
                    file.write(words)
                transaction.commit()
            self.assertEqual(read(blob), b"x" * 1000 + b"appendedwrittenagain")

    def test_an_append_that_fails_leaves_no_working_copy(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"x" * 1000)
            blob = connection.root()["a"]
            blob._p_activate()
            self.evict(host)
            host.stop()
            self.assertRaises(BlobUnavailable, blob.open, "a")
            transaction.abort()
            host.start()
            self.assertEqual(read(blob), b"x" * 1000)
            with blob.open("a") as file:
                file.write(b"more")
            transaction.commit()
            self.assertEqual(read(blob), b"x" * 1000 + b"more")

    def test_an_append_whose_file_vanishes_between_finding_and_opening_keeps_its_bytes(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"x" * 1000)
            blob = connection.root()["a"]
            self.evict(host)
            load = connection._storage.loadBlob
            vanishes = [True, True, True]

            def load_and_lose(oid, serial):
                path = load(oid, serial)
                if vanishes and vanishes.pop():
                    os.remove(path)
                return path

            connection._storage.loadBlob = load_and_lose
            with self.assertRaisesRegex(BlobUnavailable, "vanishes as often"):
                blob.open("a")
            self.assertIsNone(blob._p_blob_uncommitted)
            vanishes.append(True)
            with blob.open("a") as file:
                file.write(b"more")
            transaction.commit()
            self.assertEqual(read(blob), b"x" * 1000 + b"more")

    def test_blobs_that_are_new_empty_or_saved_are_opened_as_ever(self):
        for host, db in self.each_storage():
            root = db.open().root()
            root["new"] = Blob()
            with root["new"].open("a") as file:
                file.write(b"new")
            transaction.savepoint()
            with root["new"].open("r+") as file:
                file.seek(0, 2)
                file.write(b" and more")
            transaction.commit()
            self.assertEqual(read(root["new"]), b"new and more")


class BrokenCacheTest(Case):
    def break_cache(self, host):
        import shutil

        v1 = os.path.join(host.directory, "cache", "v1")
        shutil.rmtree(v1, ignore_errors=True)
        with open(v1, "w"):
            pass

    def test_everything_that_wants_a_path_gets_a_file_I7(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"the blob")
            blob = connection.root()["a"]
            host.archive(release=True)
            self.break_cache(host)
            with blob.open("r+") as file:
                self.assertEqual(file.read(), b"the blob")
            transaction.abort()
            transaction.savepoint()
            self.assertEqual(read(blob), b"the blob")
            with open(self.at("export.zexp"), "wb") as file:
                connection.exportFile(blob._p_oid, file)
            self.assertRaises(POSKeyError, connection._storage.loadBlob, p64(99), p64(1))

    def test_a_client_whose_cache_is_broken_asks_the_server_too_I11(self):
        host = self.host("server")
        address, stop = ZEO.server(storage_conf=f"<filestorage 1>\npath {self.at('Data.fs')}\nblob-dir {self.blobs}\n</filestorage>")
        self.addCleanup(stop)
        site = self.host("client", volumes={}, database=host.database)
        client = self.wrap(ZEO.client(address, blob_dir=self.at("client", "blob-cache")), site, young=0)
        db = self.open(client)
        ref = self.commit_blob(db.open(), "a", b"only at the server")
        for file in self.files(self.at("client")):
            os.remove(file)
        self.break_cache(site)
        self.assertEqual(content(client.loadBlob(*ref)), b"only at the server")

    def test_a_cache_that_is_removed_is_made_again_for_this_user_alone(self):
        import shutil

        mask = os.umask(0o002)
        self.addCleanup(os.umask, mask)
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        connection = db.open()
        self.commit_blob(connection, "a", b"the blob")
        cache = os.path.join(host.directory, "cache")
        shutil.rmtree(cache)
        self.assertTrue(connection.root()["a"].committed().startswith(cache))
        self.assertEqual(os.stat(cache).st_mode & 0o777, 0o700)


class UndoAndPackTest(Case):
    def test_an_undo_of_a_redo_of_a_creation_and_so_on(self):
        for host, db in self.each_storage():
            connection = db.open()
            connection.root()["x"] = 1
            transaction.commit()
            self.commit_blob(connection, "a", b"created")
            host.archive(release=True)
            # BlobStorage cannot undo a redo of a creation, wrapped or not.
            turns = 2 if isinstance(db.storage._base, BlobStorage) else 4
            for turn in range(turns):
                db.undo(db.undoLog(0, 1)[0]["id"])
                transaction.commit()
                connection.sync()
                self.assertEqual("a" in connection.root(), turn % 2 == 1)
            self.assertEqual(read(connection.root()["a"]), b"created")

    def test_an_undo_without_blobs_needs_no_agent(self):
        from persistent.mapping import PersistentMapping

        for host, db in self.each_storage():
            connection = db.open()
            for value in 1, PersistentMapping():
                connection.root()["x"] = value
                transaction.commit()
            host.stop()
            for _ in range(2):
                db.undo(db.undoLog(0, 1)[0]["id"])
                transaction.commit()
            host.start()

    def test_a_second_pack_that_is_refused_keeps_the_mark_of_the_first(self):
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        self.commit_blob(db.open(), "a", b"the blob")
        packing, go_on = threading.Event(), threading.Event()
        base_pack = db.storage._base.pack

        def pack(*words, **options):
            if packing.is_set():
                raise ValueError("already packing")
            packing.set()
            go_on.wait(10)
            return base_pack(*words, **options)

        db.storage._base.pack = pack
        first = threading.Thread(target=db.pack, args=(time.time() + 1,))
        first.start()
        packing.wait(10)
        self.assertRaises(ValueError, db.pack, time.time() + 1)
        self.assertIn("the volume is packing", host.archive(release=True))
        go_on.set()
        first.join()
        self.assertIn("released", host.archive(release=True))

    def test_an_announcement_of_another_time_keeps_nobody_waiting(self):
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        self.commit_blob(db.open(), "a", b"the blob")
        announced = os.path.join(self.blobs, ".nice-blobs", "announced")
        os.makedirs(announced)
        for number, age in enumerate((-86400, 86400)):
            path = os.path.join(announced, f"{number:016x}-{number:016x}.left")
            with open(path, "w"):
                os.utime(path, (time.time() - age,) * 2)
        db.pack(time.time() + 1)
        host.archive(release=False)
        self.assertEqual(os.listdir(announced), [])


class TopologyTest(Case):
    def test_an_outage_at_the_server_does_not_keep_a_client_from_the_bucket(self):
        host = self.host("server")
        conf = f"""
            %import nice_blobs
            <niceblobs>
              config {host.config}
              wait-for-agent 0s
              <filestorage 1>
                path {self.at("Data.fs")}
                blob-dir {self.blobs}
              </filestorage>
            </niceblobs>"""
        address, stop = ZEO.server(storage_conf=conf)
        self.addCleanup(stop)
        site = self.host("client", volumes={}, database=host.database)
        client = self.wrap(ZEO.client(address, blob_dir=self.at("client", "blob-cache")), site)
        db = self.open(client)
        ref = self.commit_blob(db.open(), "a", b"the blob")
        self.release_all(host)
        for file in self.files(self.at("client")):
            os.remove(file)
        host.stop()
        self.assertEqual(content(client.loadBlob(*ref)), b"the blob")
        host.start()

    def test_two_databases_under_one_name_are_refused_I9(self):
        volumes = {"one": self.blobs, "two": self.at("two")}
        host = self.host(volumes=volumes)
        self.open(self.wrap(self.file_storage(), host))
        other = FileStorage(self.at("Two.fs"), blob_dir=self.at("two"))
        self.addCleanup(other.close)
        with self.assertRaisesRegex(ConfigurationError, "give each a name of its own"):
            self.wrap(other, host)

    def test_a_link_under_a_blobs_name_is_not_followed(self):
        host = self.host()
        storage = self.wrap(self.file_storage(), host)
        self.addCleanup(storage.close)
        path = storage._tiers.file_path(p64(7), p64(7))
        os.makedirs(os.path.dirname(path))
        os.symlink("/etc/hostname", path)
        self.assertRaises(BlobUnavailable, storage.loadBlob, p64(7), p64(7))
