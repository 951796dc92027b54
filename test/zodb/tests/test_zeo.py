import os
import shutil
import socket
import subprocess
import sys
import time

import transaction
import ZEO

from case import Case, content, read
from nice_blobs import BlobUnavailable
from ZEO.Exceptions import ClientDisconnected
from ZODB.POSException import POSKeyError
from ZODB.utils import p64


class ZEOTest(Case):
    """The server's storage is wrapped, because undo and pack run there; so is each client's."""

    def setUp(self):
        super().setUp()
        self.server_host = self.host("server")
        self.address, self.stop_server = self.start_server()
        self.addCleanup(lambda: self.stop_server())

    def start_server(self):
        conf = f"""
            %import nice_blobs
            <niceblobs>
              config {self.server_host.config}
              wait-for-agent 1s
              <filestorage 1>
                path {self.at("Data.fs")}
                blob-dir {self.blobs}
              </filestorage>
            </niceblobs>"""
        return ZEO.server(storage_conf=conf)

    def client(self, name="client", young=86400, shared=False, **options):
        """An app server of its own, on a host of its own unless the blob directory is shared."""
        site = self.server_host if shared else self.host(name, volumes={}, database=self.server_host.database)
        blobs = self.blobs if shared else self.at(name, "blob-cache")
        base = ZEO.client(self.address, blob_dir=blobs, shared_blob_dir=shared, **{"wait_timeout": 10, **options})
        return site, self.open(self.wrap(base, site, young=young))

    def test_young_blobs_come_from_the_server_and_old_ones_from_the_bucket(self):
        _, first = self.client()
        ref = self.commit_blob(first.open(), "a", b"the blob")
        _, db = self.client("another", young=0)
        self.assertEqual(read(db.open().root()["a"]), b"the blob")  # not in the bucket yet
        self.release_all(self.server_host)
        for name, young in ("old", 0), ("young", 86400):
            with self.subTest(name):
                site, db = self.client(name, young=young)
                before = site.downloads()
                self.assertEqual(read(db.open().root()["a"]), b"the blob")
                self.assertEqual(site.downloads() - before, 1)
                in_blob_cache = self.files(self.at(name, "blob-cache"))
                self.assertEqual(len(in_blob_cache), 0 if name == "old" else 1)
                self.assertEqual(content(db.storage.loadBlob(*ref)), b"the blob")

    def test_a_path_stays_the_same_from_the_commit_over_the_servers_cache_to_the_bucket_I12(self):
        site, db = self.client(young=0)
        connection = db.open()
        self.commit_blob(connection, "a", b"the blob")
        path = connection.root()["a"].committed()
        self.release_all(self.server_host)
        for file in self.files(self.at("client", "blob-cache")):
            os.remove(file)  # as the client's blob cache evicts
        self.assertEqual((connection.root()["a"].committed(), content(path)), (path, b"the blob"))

    def test_undo_and_pack_through_the_server_find_released_blobs(self):
        for shared in False, True:
            with self.subTest(shared=shared):
                site, db = self.client(f"client-{shared}", shared=shared)
                connection = db.open()
                name = f"shared-{shared}"
                for words in b"first", b"second":
                    self.commit_blob(connection, name, words)
                    self.server_host.archive(release=True)
                db.undo(db.undoLog(0, 1)[0]["id"])
                transaction.commit()
                connection.sync()
                self.assertEqual(read(connection.root()[name]), b"first")
                db.storage.pack(time.time() + 1, True)
                connection.sync()
                self.assertEqual(read(connection.root()[name]), b"first")

    def test_missing_is_said_only_when_server_and_bucket_say_so_I11(self):
        site, db = self.client(young=0)
        self.assertRaises(POSKeyError, db.storage.loadBlob, p64(99), p64(1))
        site.stop()
        self.assertRaises(BlobUnavailable, db.storage.loadBlob, p64(99), p64(1))
        ref = self.commit_blob(db.open(), "a", b"local")
        self.assertEqual(content(db.storage.loadBlob(*ref)), b"local")

    def start_process(self):
        """A server that can be killed, with a storage of its own."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()
        with open(self.at("zeo.conf"), "w") as file:
            file.write(
                f"<zeo>\naddress {address[0]}:{address[1]}\n</zeo>\n"
                f"<filestorage 1>\npath {self.at('Own.fs')}\nblob-dir {self.at('own-blobs')}\n</filestorage>\n"
            )
        words = [sys.executable, "-m", "ZEO.runzeo", "-C", self.at("zeo.conf")]
        server = subprocess.Popen(words, cwd=self.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return server, address

    def test_a_server_that_is_gone_is_no_missing_blob_I11(self):
        server, self.address = self.start_process()
        site, db = self.client(young=0, wait_timeout=10)
        ref = self.commit_blob(db.open(), "a", b"only at the server")
        shutil.rmtree(self.at("client", "blob-cache"))
        shutil.rmtree(self.at("client", "cache"))
        server.kill()
        # A call that ZEO's client makes before it notices may wait for ever.
        patience = time.monotonic() + 20
        while db.storage.is_connected() and time.monotonic() < patience:
            time.sleep(0.01)
        self.assertFalse(db.storage.is_connected())
        with self.assertRaises(ClientDisconnected) as raised:
            db.storage.loadBlob(*ref)
        self.assertNotIsInstance(raised.exception, KeyError)
