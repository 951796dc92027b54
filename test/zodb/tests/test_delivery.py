import os
import socket
import time
from unittest import mock
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import transaction
import ZEO
import ZODB
from ZODB.blob import Blob
from ZODB.DemoStorage import DemoStorage
from ZODB.tests.hexstorage import HexStorage

import storages
from case import Case, numbers, read
from fake_agent import FakeAgent
from stage import stage
from nice_blobs import BlobUnavailable, SignedUrl, blob_url, deliver_path, signed_url

LOCATION = "/_nice-blobs-agent/"


class DeliveryCase(Case):
    """An agent that knows URLs, and none of what makes them."""

    def setUp(self):
        super().setUp()
        self.site = self.host(start=False)
        self.agent = FakeAgent(self.at("host", "run", "agent.sock"))
        self.addCleanup(self.agent.close)

    def archived(self, ref, url="https://edge.example/a"):
        self.agent.urls[ref] = {"url": url, "expires": 1764000000000}
        return url


class UrlTest(DeliveryCase):
    def test_an_archived_blob_has_a_url_in_each_storage(self):
        for name, open_storage in {**storages.STORAGES, **storages.HISTORY_FREE}.items():
            with self.subTest(name):
                self.blobs = self.at(name, "blobs")
                host = self.host(name, start=False)
                agent = FakeAgent(self.at(name, "run", "agent.sock"))
                self.addCleanup(agent.close)
                db = self.open(self.wrap(open_storage(self.at(name, "data"), self.blobs), host))
                connection = db.open()
                ref = self.commit_blob(connection, "a", b"the blob")
                blob = connection.root()["a"]
                self.assertIsNone(blob_url(blob))
                agent.urls[ref] = {"url": "https://edge.example/a", "expires": 5}
                self.assertEqual(signed_url(blob), SignedUrl("https://edge.example/a", 5, "attachment"))
                self.assertEqual({asked for asked, _ in agent.asked}, {ref})
                self.assertEqual({parameters["database"] for _, parameters in agent.asked}, {host.database})
                db.close()

    def connect(self, wrap=lambda storage: storage):
        self.storage = self.wrap(self.file_storage(), self.site)
        self.db = self.open(wrap(self.storage))
        connection = self.db.open()
        self.root = connection.root()
        return connection

    def test_no_blob_is_fetched_for_its_url(self):
        ref = self.commit_blob(self.connect(), "a", b"the blob")
        url = self.archived(ref)
        (file,) = self.files(self.blobs)
        os.remove(file)  # as released
        blob = self.db.open(transaction.TransactionManager()).root()["a"]
        self.assertEqual(blob_url(blob), url)
        self.assertIsNone(blob._p_changed)  # a ghost still
        self.assertEqual(len(self.agent.asked), 1)

    def test_each_connection_has_the_url_of_the_revision_that_it_sees(self):
        connection = self.connect()
        first = self.commit_blob(connection, "a", b"first")
        before = self.db.lastTransaction()
        reader = self.db.open(transaction.TransactionManager())
        for words in "loaded", "ghost":
            with self.subTest(words):
                blob = reader.root()["a"]
                if words == "loaded":
                    blob._p_activate()
                second = self.commit_blob(connection, "a", words.encode())
                urls = {ref: self.archived(ref, f"https://edge.example/{ref[1].hex()}") for ref in (first, second)}
                self.assertEqual(blob_url(blob), urls[first])
                self.assertEqual(blob_url(self.root["a"]), urls[second])
                historical = self.db.open(transaction.TransactionManager(), at=before)
                self.assertEqual(blob_url(historical.root()["a"]), urls[first])
                reader.transaction_manager.begin()
                self.assertEqual(blob_url(reader.root()["a"]), urls[second])
                first, before = second, self.db.lastTransaction()
                historical.close()

    def test_what_is_not_committed_has_none(self):
        connection = self.connect()
        new = Blob()
        self.assertIsNone(blob_url(new))
        connection.add(new)
        self.assertIsNone(blob_url(new))
        with new.open("w") as file:
            file.write(b"new")
        self.root["new"] = new
        transaction.savepoint()
        self.assertIsNone(blob_url(new))
        transaction.abort()
        ref = self.commit_blob(connection, "a", b"the blob")
        self.archived(ref)
        blob = self.root["a"]
        with blob.open("w") as file:
            file.write(b"changed")
        self.assertIsNone(blob_url(blob))
        transaction.savepoint()
        for state in "ghost", "loaded":
            with self.subTest(state):
                self.assertIsNone(blob_url(blob))
                blob._p_activate()
        self.assertEqual(self.agent.asked, [])
        transaction.abort()
        self.assertIsNotNone(blob_url(blob))

    def test_a_savepoint_that_leaves_a_blob_alone_costs_it_nothing(self):
        connection = self.connect()
        url = self.archived(self.commit_blob(connection, "a", b"the blob"))
        with_changes = transaction.savepoint()
        with self.root["a"].open("w") as file:
            file.write(b"changed")
        self.root["b"] = 1
        transaction.savepoint()
        self.assertIsNone(blob_url(self.root["a"]))
        with_changes.rollback()
        self.root["b"] = 2
        transaction.savepoint()
        self.assertEqual(blob_url(self.root["a"]), url)

    def test_what_wraps_the_wrapper_is_walked_through(self):
        ref = self.commit_blob(self.connect(HexStorage), "a", b"the blob")
        url = self.archived(ref)
        self.assertEqual(blob_url(self.root["a"]), url)

    def test_a_demo_storage_has_the_url_of_what_it_stands_on_and_none_of_its_changes(self):
        ref = self.commit_blob(self.connect(), "a", b"the blob")
        url = self.archived(ref)
        db = self.open(DemoStorage(base=self.storage))
        connection = db.open(transaction.TransactionManager())
        self.assertEqual(blob_url(connection.root()["a"]), url)
        connection.root()["changed"] = blob = Blob(b"in the changes")
        connection.transaction_manager.commit()
        blob._p_activate()
        self.archived((blob._p_oid, blob._p_serial))  # as an agent says of all that is in no volume
        self.assertEqual((blob_url(blob), deliver_path(blob, LOCATION)), (None, None))

    def test_other_storages_have_none(self):
        for name, storage in ("FileStorage", self.file_storage()), ("DemoStorage", DemoStorage()):
            with self.subTest(name):
                db = self.open(storage)
                self.commit_blob(db.open(), "a", b"the blob")
                self.assertIsNone(blob_url(db.open().root()["a"]))
                self.assertIsNone(deliver_path(db.open().root()["a"], LOCATION))
                transaction.abort()

    def test_a_blob_of_another_database_of_the_connection_has_its_own_databases_url(self):
        volumes = {name: {"volumes": {"blobs": self.at(name)}} for name in ("one", "two")}
        host = self.host("multi", start=False, databases=volumes)
        agent = FakeAgent(self.at("multi", "run", "agent.sock"))
        self.addCleanup(agent.close)
        databases = {}
        for name in volumes:
            base = storages.file_storage(self.at(f"data-{name}"), self.at(name))
            db = ZODB.DB(self.wrap(base, host, database=name), database_name=name, databases=databases)
            self.addCleanup(db.close)
        one = databases["one"].open()
        ref = self.commit_blob(one.get_connection("two"), "a", b"of two")
        agent.urls[ref] = {"url": "https://edge.example/two"}
        self.assertEqual(blob_url(one.get_connection("two").root()["a"]), "https://edge.example/two")
        self.assertEqual(agent.asked[-1][1]["database"], "two")

    def test_what_the_application_knows_is_passed_on(self):
        connection = self.connect()
        url = self.archived(self.commit_blob(connection, "a", b"the blob"))
        names = {
            "Übersicht & „Plan“.pdf": "Übersicht & „Plan“.pdf",
            "a+b%20c;d=e?f#g.png": "a+b%20c;d=e?f#g.png",
            "line\r\nSet-Cookie: a=b.txt": "line\r\nSet-Cookie: a=b.txt",  # the agent judges names
            "\ud800half.txt": "half.txt",
            "x" * 300 + ".jpeg": "x" * 250 + ".jpeg",
            "🙂" * 300: "🙂" * 255,
        }
        for name, sent in names.items():
            with self.subTest(name[:40].encode("utf-8", "replace")):
                self.assertEqual(blob_url(self.root["a"], name, "inline", "image/png"), url)
                expected = {"database": self.site.database, "filename": sent, "disposition": "inline", "type": "image/png"}
                self.assertEqual(self.agent.asked[-1][1], expected)
                path = deliver_path(self.root["a"], LOCATION, name, "inline", "image/png")
                self.assertTrue(path.isascii() and path.isprintable() and len(path) < 3500)
                self.assertEqual({key: value for key, (value,) in parse_qs(urlsplit(path).query).items()}, expected)

    def test_what_is_no_media_type_is_not_shown(self):
        self.commit_blob(self.connect(), "a", b"the blob")
        types = {"image/png; charset=x\r\n": ("image/png", "inline"), "": (None, "inline"), None: (None, "inline")}
        types.update({"image": (None, "attachment"), "bild/größe": (None, "attachment"), "a/b c": (None, "attachment"), "a/b\n": ("a/b", "inline")})
        for given, expected in types.items():
            with self.subTest(given):
                blob_url(self.root["a"], disposition="inline", content_type=given)
                _, asked = self.agent.asked[-1]
                self.assertEqual((asked.get("type"), asked["disposition"]), expected)
        self.assertRaises(ValueError, blob_url, self.root["a"], disposition="anything")

    def test_no_delivery_is_no_error(self):
        ref = self.commit_blob(self.connect(), "a", b"the blob")
        self.agent.urls[ref] = {"url": None}
        self.assertIsNone(blob_url(self.root["a"]))


class OutageTest(DeliveryCase):
    def setUp(self):
        super().setUp()
        self.db = self.open(self.wrap(self.file_storage(), self.site, wait_for_agent=60))
        self.commit_blob(self.db.open(), "a", b"the blob")
        self.blob = self.db.open().root()["a"]

    def test_what_nobody_can_tell_is_an_outage_and_not_waited_for_I11(self):
        self.agent.refusal = "S3_UNAVAILABLE"
        with self.assertRaises(BlobUnavailable) as raised:
            blob_url(self.blob)
        self.assertEqual(raised.exception.code, "S3_UNAVAILABLE")
        os.remove(self.at("host", "run", "agent.sock"))
        begun = time.monotonic()
        for ask in blob_url, lambda blob: deliver_path(blob, LOCATION):
            with self.assertRaises(BlobUnavailable) as raised:
                ask(self.blob)
            self.assertEqual(raised.exception.code, "AGENT_UNREACHABLE")
        self.assertLess(time.monotonic() - begun, 30)  # of the minute that a read would wait

    def test_a_silent_agent_is_asked_by_one_and_not_by_all(self):
        path = self.at("host", "run", "agent.sock")
        os.remove(path)
        with socket.socket(socket.AF_UNIX) as silent, mock.patch("nice_blobs.agent.SILENCE_OF_PAGES", 0.1):
            silent.bind(path)
            silent.listen()
            db = self.open(self.wrap(storages.file_storage(self.at("other"), self.blobs), self.site))
            self.commit_blob(db.open(), "a", b"the blob")
            blob = db.open().root()["a"]
            for _ in range(3):
                self.assertRaises(BlobUnavailable, blob_url, blob)
            silent.settimeout(0)
            silent.accept()[0].close()
            self.assertRaises(BlockingIOError, silent.accept)


class PathTest(DeliveryCase):
    def test_leads_to_the_agent_without_asking_it(self):
        db = self.open(self.wrap(self.file_storage(), self.site))
        oid, tid = self.commit_blob(db.open(), "a", b"the blob")
        blob = db.open().root()["a"]
        path = f"/_nice-blobs-agent/v1/blobs/{oid.hex()}/{tid.hex()}/deliver?database={self.site.database}&disposition=attachment"
        for _ in range(2):
            self.assertEqual(deliver_path(blob, LOCATION), path)
            self.assertEqual(deliver_path(blob, LOCATION.rstrip("/")), path)
            for file in self.files(self.blobs):
                os.remove(file)  # as released
        self.assertEqual(self.agent.asked, [])

    def test_tells_the_agent_of_an_address_that_leads_to_one_blob_for_ever_and_the_signer_nothing_of_it(self):
        conf = f"<filestorage 1>\npath {self.at('Data.fs')}\nblob-dir {self.at('server')}\n</filestorage>"
        address, stop = ZEO.server(storage_conf=conf)
        self.addCleanup(stop)
        for kind, storage in ("here", self.file_storage()), ("ZEO", ZEO.client(address, blob_dir=self.at("client"), shared_blob_dir=False)):
            with self.subTest(kind):
                db = self.open(self.wrap(storage, self.site))
                self.archived(self.commit_blob(db.open(), "a", b"the blob"))
                blob = db.open().root()["a"]
                for fixed in False, True:
                    query = parse_qs(urlsplit(deliver_path(blob, LOCATION, "a.txt", fixed_address=fixed)).query)
                    self.assertEqual(query.get("address"), ["fixed"] if fixed else None)
        self.assertTrue(self.agent.asked)  # by what comes from a ZEO server
        self.assertTrue(all("address" not in parameters for _, parameters in self.agent.asked))

    def test_a_ZEO_servers_young_blob_is_the_applications_own_affair(self):
        conf = f"<filestorage 1>\npath {self.at('Data.fs')}\nblob-dir {self.at('server')}\n</filestorage>"
        address, stop = ZEO.server(storage_conf=conf)
        self.addCleanup(stop)
        db = self.open(self.wrap(ZEO.client(address, blob_dir=self.at("client"), shared_blob_dir=False), self.site))
        ref = self.commit_blob(db.open(), "a", b"the blob")
        blob = db.open().root()["a"]
        self.assertEqual((blob_url(blob), deliver_path(blob, LOCATION)), (None, None))
        url = self.archived(ref)
        self.assertEqual(blob_url(blob), url)
        self.assertIn("/deliver?", deliver_path(blob, LOCATION))
        self.agent.urls.clear()
        cached = db.storage._tiers.stable_path(*ref)
        os.remove(cached)  # the link to what was committed
        with open(cached, "w"):
            self.assertIn("/deliver?", deliver_path(blob, LOCATION))


class EdgeTest(Case):
    """The whole way, with a real agent and an edge."""

    PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000049444154") + bytes(100_000)

    def each_database(self):
        kinds = {"FileStorage": storages.file_storage, "RelStorageSQLite": storages.relstorage_sqlite}
        for name, open_storage in kinds.items():
            with self.subTest(name):
                blobs = self.at(name, "blobs")
                databases = {"main": {"volumes": {f"v{next(numbers)}": blobs}, "delivery": stage().delivery}}
                host = self.host(name, database="main", databases=databases)
                db = self.open(self.wrap(open_storage(self.at(name, "data"), blobs), host))
                yield host, db
                db.close()

    def test_the_edge_sends_what_was_committed_under_its_name(self):
        for host, db in self.each_database():
            connection = db.open()
            self.commit_blob(connection, "a", self.PNG)
            host.archive(release=True)
            blob = connection.root()["a"]
            self.commit_blob(connection, "young", b"not archived yet")
            self.assertIsNone(blob_url(connection.root()["young"]))
            before = host.downloads()
            signed = signed_url(blob, "Größe „1“ 🙂.png", "inline", "image/png")
            self.assertLessEqual(signed.expires / 1000, time.time() + 7200)
            self.assertEqual(signed.disposition, "inline")
            with urlopen(signed.url) as answer:
                self.assertEqual(answer.read(), self.PNG)
                self.assertEqual(answer.headers["Content-Type"], "image/png")
                disposition = answer.headers["Content-Disposition"]
                self.assertTrue(disposition.startswith("inline; "))
                self.assertIn("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%80%9E1%E2%80%9C%20%F0%9F%99%82.png", disposition)
            with urlopen(Request(signed.url, headers={"Range": "bytes=10-19"})) as answer:
                self.assertEqual((answer.status, answer.read()), (206, self.PNG[10:20]))
            with self.assertRaises(HTTPError) as refused:
                urlopen(signed.url.replace("inline", "attachment"))
            self.assertEqual(refused.exception.code, 403)
            refused.exception.close()
            self.assertEqual(signed_url(blob, "page.html", "inline", "text/html").disposition, "attachment")
            self.assertLessEqual(host.downloads() - before, 3)  # by the edge, and of the beginning
            transaction.abort()

    def test_every_revision_has_its_own_url(self):
        for host, db in self.each_database():
            connection = db.open()
            self.commit_blob(connection, "a", b"first")
            before = db.lastTransaction()
            self.commit_blob(connection, "a", b"second")
            host.archive(release=True)
            historical = db.open(transaction.TransactionManager(), at=before)
            for each, content in (connection, b"second"), (historical, b"first"):
                self.assertEqual(read(each.root()["a"]), content)
                with urlopen(blob_url(each.root()["a"], "a.txt")) as answer:
                    self.assertEqual(answer.read(), content)
                    self.assertEqual((answer.headers.get_content_disposition(), answer.headers.get_filename()), ("attachment", "a.txt"))
            historical.close()
            transaction.abort()
