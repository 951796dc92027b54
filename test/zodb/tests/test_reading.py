import json
import multiprocessing
import os
import shutil
import threading
import unittest

import transaction
from ZConfig import ConfigurationError
from ZODB.config import databaseFromString, storageFromString
from ZODB.interfaces import IBlobStorage, IStorageUndoable
from ZODB.POSException import POSKeyError
from ZODB.utils import p64

from case import Case, content, read
from nice_blobs import BlobUnavailable, Settings
from nice_blobs.tiers import Tiers
from stage import ROOT
from ZODB.blob import LAYOUTS


class PathTest(unittest.TestCase):
    def test_both_sides_compute_the_same_paths(self):
        with open(os.path.join(ROOT, "test/fixtures/paths.json")) as file:
            table = json.load(file)
        self.assertGreater(len(table["cachePaths"]), 5)
        for vector in table["cachePaths"]:
            settings = Settings(vector["database"], vector["bucket"], vector["cache"], "", {})
            tiers = Tiers("/proc/nowhere", settings.cache_root, "/blobs", LAYOUTS["bushy"], True)
            ref = bytes.fromhex(vector["oid"]), bytes.fromhex(vector["tid"])
            self.assertEqual(tiers.stable_path(*ref), vector["path"])


class ReadingTest(Case):
    def setUp(self):
        super().setUp()
        self.site = self.host()
        self.storage = self.wrap(self.file_storage(), self.site)
        self.db = self.open(self.storage)
        self.connection = self.db.open()
        self.root = self.connection.root()

    def test_a_path_stays_the_same_across_release_fetch_eviction_and_fetch_again_I12(self):
        oid, tid = self.commit_blob(self.connection, "a", b"the blob")
        blob = self.root["a"]
        path = blob.committed()
        self.assertTrue(os.path.islink(path))
        self.release_all(self.site)
        self.assertEqual((blob.committed(), read(blob)), (path, b"the blob"))
        self.assertFalse(os.path.islink(path))
        os.remove(path)  # as eviction does
        self.assertEqual((blob.committed(), read(blob)), (path, b"the blob"))
        self.assertEqual(self.storage.loadBlob(oid, tid), path)

    def test_an_application_that_writes_on_from_a_released_blob_finds_its_bytes(self):
        self.commit_blob(self.connection, "a", b"first")
        path = self.root["a"].committed()
        self.release_all(self.site)
        self.assertEqual(self.root["a"].committed(), path)
        with self.root["a"].open("r+") as file:
            file.seek(0, 2)
            file.write(b" and second")
        transaction.commit()
        self.assertEqual(read(self.root["a"]), b"first and second")

    def test_a_hit_asks_nobody(self):
        oid, tid = self.commit_blob(self.connection, "a", b"the blob")
        self.release_all(self.site)
        self.storage.loadBlob(oid, tid)
        self.site.stop()
        self.assertEqual(read(self.root["a"]), b"the blob")
        self.commit_blob(self.connection, "b", b"local")
        self.assertEqual(read(self.root["b"]), b"local")

    def test_missing_is_a_POSKeyError_and_an_outage_is_not_I11(self):
        self.assertRaises(POSKeyError, self.storage.loadBlob, p64(99), p64(1))
        self.assertRaises(POSKeyError, self.storage.openCommittedBlobFile, p64(99), p64(1))
        self.site.stop()
        for read_blob in self.storage.loadBlob, self.storage.openCommittedBlobFile:
            with self.assertRaises(BlobUnavailable) as raised:
                read_blob(p64(99), p64(1))
            self.assertEqual(raised.exception.code, "AGENT_UNREACHABLE")
            self.assertNotIsInstance(raised.exception, KeyError)
            self.assertIn("is nice-blobs agent running?", str(raised.exception))

    def test_a_dead_agent_is_waited_for(self):
        oid, tid = self.commit_blob(self.connection, "a", b"the blob")
        self.release_all(self.site)
        self.site.stop()
        storage = self.wrap(self.storage._base, self.site, wait_for_agent=20)
        threading.Timer(0.5, self.site.start).start()
        with storage.openCommittedBlobFile(oid, tid) as file:
            self.assertEqual(file.read(), b"the blob")

    def test_commits_go_on_without_agent_and_bucket(self):
        self.commit_blob(self.connection, "a", b"released")
        self.release_all(self.site)
        self.site.stop()
        self.commit_blob(self.connection, "b", b"young")
        for name in "a", "b":
            self.root[name]._p_deactivate()
        self.assertEqual(read(self.root["b"]), b"young")
        self.assertRaises(BlobUnavailable, read, self.root["a"])

    def test_a_cache_that_cannot_be_used_fails_no_read_I7(self):
        oid, tid = self.commit_blob(self.connection, "a", b"the blob" * 1000)
        self.release_all(self.site)
        shutil.rmtree(self.at("host", "cache", "v1"))
        with open(self.at("host", "cache", "v1"), "w"):
            pass
        blob = self.root["a"]
        blob._p_deactivate()
        self.assertEqual(read(blob), b"the blob" * 1000)
        # A path is a path of a file, and stays so in this process when the cache is mended.
        path = blob.committed()
        self.assertEqual(content(path), b"the blob" * 1000)
        os.remove(self.at("host", "cache", "v1"))
        self.assertEqual(blob.committed(), path)
        self.assertEqual(len(os.listdir(self.storage.temporaryDirectory())), 1)
        self.assertRaises(POSKeyError, self.storage.loadBlob, p64(99), p64(1))

    def test_readers_in_threads_and_forks_each_get_their_bytes(self):
        refs = [(*self.commit_blob(self.connection, f"b{i}", b"%d" % i * 5000), i) for i in range(8)]
        self.release_all(self.site)
        before = self.site.downloads()
        wrong = []

        def read_all():
            for oid, tid, i in refs * 3:
                with self.storage.openCommittedBlobFile(oid, tid) as file:
                    if file.read() != b"%d" % i * 5000:
                        wrong.append(i)

        threads = [threading.Thread(target=read_all) for _ in range(6)]
        fork = multiprocessing.get_context("fork")
        forks = [fork.Process(target=lambda: (read_all(), os._exit(len(wrong)))) for _ in range(3)]
        for worker in threads + forks:
            worker.start()
        for worker in threads + forks:
            worker.join()
        self.assertEqual((wrong, [process.exitcode for process in forks]), ([], [0, 0, 0]))
        self.assertEqual(self.site.downloads() - before, 8)

    def test_it_provides_what_the_wrapped_storage_provides(self):
        for interface in IBlobStorage, IStorageUndoable:
            self.assertTrue(interface.providedBy(self.storage))
        self.assertEqual(len(self.storage), len(self.storage._base))


class HistoryTest(Case):
    def test_a_historical_connection_reads_the_released_revision_of_its_time(self):
        for host, db in self.each_storage():
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            before = db.lastTransaction()
            self.commit_blob(connection, "a", b"second")
            self.release_all(host)
            historical = db.open(transaction.TransactionManager(), at=before)
            self.assertEqual(read(historical.root()["a"]), b"first")
            historical.close()
            self.assertEqual(read(connection.root()["a"]), b"second")


class ConfigurationTest(Case):
    def section(self, host, inner, **keys):
        lines = "\n".join(f"{name.replace('_', '-')} {value}" for name, value in keys.items())
        return f"%import nice_blobs\n<niceblobs>\nconfig {host.config}\n{lines}\n{inner}\n</niceblobs>"

    def test_wraps_any_storage_of_ZConfig(self):
        host = self.host()
        inner = f"<filestorage>\npath {self.at('Data.fs')}\nblob-dir {self.blobs}\n</filestorage>"
        db = databaseFromString(f"<zodb>\n{self.section(host, inner)}\n</zodb>".replace("<zodb>\n%import nice_blobs", "%import nice_blobs\n<zodb>"))
        self.addCleanup(db.close)
        self.commit_blob(db.open(), "a", b"configured")
        self.release_all(host)
        self.assertEqual(read(db.open().root()["a"]), b"configured")

    def test_says_what_is_wrong_with_it(self):
        host = self.host(start=False)
        inner = f"<filestorage>\npath {self.at('Data.fs')}\nblob-dir {self.at('elsewhere')}\n</filestorage>"
        with self.assertRaisesRegex(ConfigurationError, "is no volume of the database"):
            storageFromString(self.section(host, inner))
        inner = inner.replace("elsewhere", "blobs")
        with self.assertRaisesRegex(ConfigurationError, "name one of the databases"):
            storageFromString(self.section(host, inner, database="another"))
        os.mkdir(self.at("host", "cache"))
        with open(self.at("host", "cache", "stranger"), "w"):
            pass
        with self.assertRaisesRegex(ConfigurationError, "something else in it"):
            storageFromString(self.section(host, inner))

    def test_refuses_a_storage_without_blobs(self):
        host = self.host(start=False)
        for inner in f"<filestorage>\npath {self.at('Data.fs')}\n</filestorage>", "<mappingstorage>\n</mappingstorage>":
            with self.assertRaisesRegex(ConfigurationError, "has no blob directory"):
                storageFromString(self.section(host, inner))

    def test_two_databases_in_one_process_never_see_each_others_blobs_I9(self):
        volumes = {"one": {"volumes": {"blobs": self.blobs}}, "two": {"volumes": {"blobs": self.at("blobs2")}}}
        host = self.host(database="one", databases=volumes)
        from ZODB.FileStorage import FileStorage

        one = self.wrap(self.file_storage(), host, database="one")
        two = self.wrap(FileStorage(self.at("Two.fs"), blob_dir=self.at("blobs2")), host, database="two")
        first = self.commit_blob(self.open(one).open(), "a", b"of one")
        self.commit_blob(self.open(two).open(), "a", b"of two")
        host.archive(release=True)
        self.assertEqual(content(one.loadBlob(*first)), b"of one")
        self.assertRaises(POSKeyError, two.loadBlob, *first)

    def test_a_read_only_storage_reads_released_blobs(self):
        host = self.host()
        db = self.open(self.wrap(self.file_storage(), host))
        self.commit_blob(db.open(), "a", b"the blob")
        db.close()
        self.release_all(host)
        again = self.open(self.wrap(self.file_storage(read_only=True), host))
        self.assertEqual(read(again.open().root()["a"]), b"the blob")
