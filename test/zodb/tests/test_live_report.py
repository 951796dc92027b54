import contextlib
import itertools
import os
import re
import subprocess
import sys
import threading
import time

import transaction
import ZEO
import ZODB
from ZODB.blob import BlobStorage
from ZODB.Connection import TransactionMetaData
from ZODB.DemoStorage import DemoStorage
from ZODB.FileStorage import FileStorage
from ZODB.FileStorage.FileStorage import FileIterator
from ZODB.MappingStorage import MappingStorage
from ZODB.tests.hexstorage import HexStorage, ServerHexStorage
from ZODB.utils import p64

import storages
from case import Case
from fake_agent import FakeAgent
from kept import by_history, in_memory, kept, missing
from nice_blobs import BlobUnavailable
from nice_blobs.errors import NoReport
from nice_blobs.report import packs_elsewhere, report_text
from nice_blobs.revisions import revisions
from stage import ROOT

EVERY = {**storages.STORAGES, **storages.HISTORY_FREE}


class SnapshotCase(Case):
    def each(self):
        """For each kind of storage: its kind, the name of its files, and a database over it."""
        for kind, open_storage in EVERY.items():
            with self.subTest(kind):
                name = self.at(kind)
                os.mkdir(name)
                name = os.path.join(name, "data")
                db = self.open(open_storage(name, self.at(kind, "blobs")))
                yield kind, name, db
                transaction.abort()
                db.close()

    def fill(self, db):
        """Blobs and other objects, edited, undone where that is possible, and garbage."""
        connection = db.open()
        root = connection.root()
        for turn in range(4):
            for name in "abcd":
                self.commit_blob(connection, name, b"%d" % turn)
            root["other"] = type(root)({"turn": turn})
            transaction.commit()
        if hasattr(db.storage, "supportsUndo") and db.supportsUndo():
            for _ in range(2):
                db.undo(db.undoLog(0, 1)[0]["id"])
                transaction.commit()
            self.commit_blob(connection, "e", b"its creation is undone")
            db.undo(db.undoLog(0, 1)[0]["id"])
            transaction.commit()
            connection.sync()
        del root["d"]
        transaction.commit()
        connection.close()

    def fill_plainly(self, db):
        with db.transaction() as connection:
            connection.root()["x"] = type(connection.root())()
        for turn in range(3):
            with db.transaction() as connection:
                connection.root()["x"]["turn"] = turn

    def named(self, storage):
        return set(revisions(storage))

    def damage(self, storage, path):
        """A record in the middle."""
        position = list(storage.iterator())[3]._pos
        with open(path, "r+b") as file:
            file.seek(position + 24)  # where the record says that its transaction begins
            file.write(b"\xff" * 8)


class RevisionsTest(SnapshotCase):
    def test_names_exactly_what_each_storage_keeps_before_and_after_its_own_pack_I4(self):
        for kind, name, db in self.each():
            self.fill(db)
            before = self.named(db.storage)
            self.assertEqual(before, kept(name, kind, db.storage))
            db.pack(time.time() + 1)
            after = self.named(db.storage)
            self.assertEqual(after, kept(name, kind, db.storage))
            self.assertLess(len(after), len(before))

    def test_names_what_other_storages_keep(self):
        mapping = MappingStorage()
        db = self.open(mapping)
        self.fill_plainly(db)
        db.pack(time.time() + 1)
        self.assertEqual(self.named(mapping), in_memory(mapping))
        demo = DemoStorage(base=mapping)
        self.fill_plainly(self.open(demo))
        self.assertEqual(self.named(demo), in_memory(mapping) | in_memory(demo.changes))

    def test_misses_nothing_where_an_iterator_goes_on_in_a_second_storage_I4(self):
        base = self.file_storage()
        self.fill_plainly(self.open(base))
        demo = DemoStorage(base=base)
        db = self.open(demo)
        self.fill_plainly(db)
        refs = revisions(demo)
        named = set(itertools.islice(refs, len(by_history(base))))  # it will leave the base now
        self.fill_plainly(ZODB.DB(base))
        self.fill_plainly(db)
        named |= set(refs)
        self.assertEqual(missing(named, by_history(base) | in_memory(demo.changes)), set())

    def test_a_wrapped_storage_names_what_the_bare_one_does(self):
        for kind, name, db in self.each():
            self.fill(db)
            host = self.host(kind, start=False, volumes={"blobs": self.at(kind, "blobs")})
            self.assertEqual(self.named(self.wrap(db.storage, host)), kept(name, kind, db.storage))

    def test_a_storage_that_transforms_its_records_names_what_the_one_in_it_does(self):
        for kind in "FileStorage", "BlobStorage":
            with self.subTest(kind):
                os.mkdir(self.at(kind))
                name = self.at(kind, "data")
                db = self.open(HexStorage(EVERY[kind](name, self.at(kind, "blobs"))))
                self.fill(db)
                self.assertEqual(self.named(db.storage), kept(name, kind, db.storage.base))

    def test_misses_nothing_before_its_horizon_whatever_is_committed_and_packed_meanwhile_I4(self):
        for kind, name, db in self.each():
            self.fill(db)
            for packing in False, True:
                refs = revisions(db.storage)
                named = {next(refs) for _ in range(5)}
                connection = db.open()
                for turn in range(3):
                    for blob in "abc":
                        self.commit_blob(connection, blob, b"meanwhile %d" % turn)
                if packing:
                    db.pack(time.time() + 1)
                connection.close()
                named |= set(refs)
                self.assertEqual(missing(named, kept(name, kind, db.storage)), set())

    def test_misses_nothing_while_others_commit_and_pack_all_the_time_I4(self):
        for kind, name, db in self.each():
            self.fill(db)
            ended = threading.Event()
            failures = []
            turn = self.turn_for(kind)
            workers = [threading.Thread(target=self.until, args=(ended, failures, turn, work, db)) for work in (self.edit, self.pack)]
            for worker in workers:
                worker.start()
            for _ in range(10):
                named = self.named(db.storage)
                self.assertEqual(missing(named, kept(name, kind, db.storage)), set())
            ended.set()
            for worker in workers:
                worker.join()
            self.assertEqual(failures, [])

    def turn_for(self, kind):
        """BlobStorage's own pack deletes the file of a blob that is just being committed; its users pack while nobody commits."""
        return threading.Lock() if kind == "BlobStorage" else contextlib.nullcontext()

    def until(self, ended, failures, turn, work, db):
        try:
            while not ended.is_set():
                with turn:
                    work(db)
        except Exception as error:
            failures.append(error)

    def edit(self, db):
        manager = transaction.TransactionManager()
        connection = db.open(manager)
        for name in "abc":
            with connection.root()[name].open("w") as file:
                file.write(b"edited")
        connection.root()["other"] = type(connection.root())()
        manager.commit()
        connection.close()

    def pack(self, db):
        db.pack(time.time() + 1)

    def test_what_a_pack_fails_to_pack_is_still_named(self):
        for kind, name, db in self.each():
            self.fill(db)
            before = self.named(db.storage)

            def fail(*words):
                raise OSError("the disk is full")

            self.assertRaises(OSError, db.storage.pack, time.time() + 1, fail)
            self.assertEqual((self.named(db.storage), kept(name, kind, db.storage)), (before, before))


class CutOffTest(SnapshotCase):
    """What may name a part of what lives raises, and is no report."""

    def text(self, storage):
        """What came until it failed, and the failure's code."""
        chunks = []
        with self.assertRaises(NoReport) as raised:
            for chunk in report_text(storage):
                chunks.append(chunk)
        self.assertNotIn(b"end", b"".join(chunks))
        return raised.exception.code

    def filled(self):
        storage = self.file_storage()
        self.fill(self.open(storage))
        return storage

    def test_a_storage_without_an_iterator_is_refused(self):
        class Storage:
            pass

        self.assertEqual(self.text(Storage()), "NO_SNAPSHOT")

    def test_an_empty_storage_is_refused(self):
        self.assertEqual(self.text(MappingStorage()), "NO_SNAPSHOT")

    def test_a_file_that_lost_its_end_under_an_open_storage_is_told(self):
        storage = self.filled()
        os.truncate(self.at("data.fs"), os.path.getsize(self.at("data.fs")) - 200)
        self.assertEqual(self.text(storage), "REPORT_CUT_OFF")

    def test_a_damaged_record_that_zodb_passes_over_in_silence_is_told(self):
        storage = self.filled()
        self.damage(storage, self.at("data.fs"))
        reached = [txn.tid for txn in storage.iterator()]
        self.assertEqual(reached[-1], storage.lastTransaction())  # it goes on as if nothing were
        self.assertEqual(self.text(storage), "REPORT_CUT_OFF")

    def test_a_damaged_record_is_told_whatever_is_around_the_storage_I4(self):
        damaged = FileStorage(self.at("plain.fs"))
        self.fill_plainly(self.open(damaged))
        self.damage(damaged, self.at("plain.fs"))
        host = self.host(start=False)
        wrapped = {
            "a transformation": HexStorage(damaged),
            "its kind for a server": ServerHexStorage(damaged),
            "two": HexStorage(HexStorage(damaged)),
            "BlobStorage": BlobStorage(self.blobs, damaged),
            "BlobStorage around a transformation": BlobStorage(self.blobs, HexStorage(damaged)),
            "a transformation around BlobStorage": HexStorage(BlobStorage(self.blobs, damaged)),
            "niceblobs": self.wrap(BlobStorage(self.blobs, damaged), host),
            "niceblobs around all of these": self.wrap(HexStorage(BlobStorage(self.blobs, HexStorage(damaged))), host),
            "DemoStorage": DemoStorage(base=damaged),
            "DemoStorage around a transformation": DemoStorage(base=HexStorage(damaged)),
            "a DemoStorage's changes": DemoStorage(changes=HexStorage(damaged)),
        }
        for name, storage in wrapped.items():
            with self.subTest(name):
                reached = [txn.tid for txn in storage.iterator()]
                self.assertEqual(reached[-1], damaged.lastTransaction())  # it goes on as if nothing were
                self.assertEqual(self.text(storage), "REPORT_CUT_OFF")

    def test_a_file_that_lost_its_end_is_told_though_a_DemoStorage_goes_on_behind_it_I4(self):
        demo = DemoStorage(base=self.filled())
        with self.open(demo).transaction() as connection:
            connection.root()["later"] = 1
        os.truncate(self.at("data.fs"), os.path.getsize(self.at("data.fs")) - 200)
        self.assertEqual(self.text(demo), "REPORT_CUT_OFF")

    def test_a_wrapper_that_nobody_knows_is_refused_where_it_hides_its_iterators_end_I4(self):
        storage = self.filled()

        class Hiding:
            base = storage
            lastTransaction = storage.lastTransaction

            def iterator(self, *words):
                yield from storage.iterator(*words)

        self.assertEqual(self.text(Hiding()), "NO_SNAPSHOT")
        Hiding.iterator = storage.iterator
        self.assertEqual(self.named(Hiding()), by_history(storage))

    def test_a_record_with_another_tid_than_its_transactions_is_told_I4(self):
        storage = self.filled()
        position = list(storage.iterator())[3]._pos
        for offset in 0, 2, 7:
            for bit in range(8):
                with self.flipped(position + 8 + offset, 1 << bit):
                    self.assertEqual(self.text(storage), "REPORT_CUT_OFF")
        self.assertEqual(self.named(storage), by_history(storage))

    @contextlib.contextmanager
    def flipped(self, position, bit):
        """A bit of data.fs, for as long as that."""
        self.flip(position, bit)
        yield
        self.flip(position, bit)

    def flip(self, position, bit):
        with open(self.at("data.fs"), "r+b") as file:
            file.seek(position)
            (before,) = file.read(1)
            file.seek(position)
            file.write(bytes([before ^ bit]))

    def test_what_is_committed_after_the_last_transaction_that_was_asked_for_is_no_part_of_it_I4(self):
        storage = MappingStorage()
        self.commit_record(storage, bytes(8))
        self.commit_record(storage, p64(1))
        first, _ = storage._transactions.keys()
        storage.lastTransaction = lambda: first
        self.assertEqual(self.named(storage), {(bytes(8), first)})
        storage.iterator = lambda start, stop: iter(storage._transactions.values())
        self.assertEqual(self.text(storage), "REPORT_CUT_OFF")

    def test_an_oid_or_a_tid_that_is_none_is_told(self):
        for oid, tid in (b"short", None), (bytes(9), None), (bytes(8), b"short"), (bytes(8), b"of nine b"):
            storage = MappingStorage()
            self.commit_record(storage, oid, tid)
            self.assertEqual(self.text(storage), "REPORT_CUT_OFF")

    def commit_record(self, storage, oid, tid=None):
        metadata = TransactionMetaData()
        storage.tpc_begin(metadata, tid)
        storage.store(oid, bytes(8), b"data", "", metadata)
        storage.tpc_vote(metadata)
        storage.tpc_finish(metadata)

    def test_a_client_of_zeo_is_refused_whatever_is_around_it_and_the_server_named_I4(self):
        address, stop = ZEO.server(self.at("Data.fs"), blob_dir=self.blobs)
        self.addCleanup(stop)
        client = ZEO.client(address, blob_dir=self.at("cache"), shared_blob_dir=False, wait_timeout=10)
        self.fill(self.open(client))
        host = self.host(start=False, volumes={})
        for storage in client, HexStorage(client), self.wrap(client, host), self.wrap(HexStorage(client), host), DemoStorage(base=client):
            self.assertTrue(packs_elsewhere(storage))
            self.assertEqual(self.text(storage), "NO_SNAPSHOT")
            self.assertRaisesRegex(NoReport, "ZEO client.*its server reports", revisions, storage)

    def test_an_iteration_that_raises_has_no_end(self):
        storage = self.filled()

        class Torn(FileIterator):
            def __next__(self):
                if self._pos > 2000:
                    raise OSError("the disk does not answer")
                return super().__next__()

        storage.iterator = lambda *words: Torn(self.at("data.fs"), *words)
        chunks = []
        with self.assertRaises(OSError):
            chunks.extend(report_text(storage))
        self.assertNotIn(b"end", b"".join(chunks))

    def test_the_text_ends_with_how_many_lines_there_are(self):
        storage = self.filled()
        *lines, end = b"".join(report_text(storage)).decode().splitlines()
        self.assertEqual(end, f"end {len(lines)}")
        self.assertEqual({tuple(map(bytes.fromhex, line.split())) for line in lines}, by_history(storage))


class PackCase(SnapshotCase):
    """What follows a pack, with an agent that takes reports."""

    def fake_agent(self, host):
        agent = FakeAgent(os.path.join(host.directory, "run", "agent.sock"))
        self.addCleanup(agent.close)
        return agent

    def lines(self, text):
        """The refs of a report that is whole."""
        *lines, end = text.decode().splitlines()
        self.assertEqual(end, f"end {len(lines)}")
        return {tuple(map(bytes.fromhex, line.split())) for line in lines}


class PackTest(PackCase):
    def each_wrapped(self, **options):
        for kind, name, db in self.each():
            host = self.host(kind, start=False, volumes={"blobs": self.at(kind, "blobs")})
            storage = self.wrap(db.storage, host, **options)
            wrapped = self.open(storage)
            self.fill(wrapped)
            yield kind, name, host, wrapped
            wrapped.close()

    def test_a_pack_is_followed_by_a_report_of_what_it_left_I4(self):
        for kind, name, host, db in self.each_wrapped():
            agent = self.fake_agent(host)
            db.pack(time.time() + 1)
            ((path, text),) = agent.reports
            self.assertEqual(path, f"/v1/reports?database={host.database}")
            self.assertEqual(self.lines(text), kept(name, kind, db.storage))

    def test_a_pack_that_fails_is_followed_by_none(self):
        for kind, name, host, db in self.each_wrapped():
            agent = self.fake_agent(host)

            def fail(*words):
                raise OSError("the disk is full")

            self.assertRaises(OSError, db.storage.pack, time.time() + 1, fail)
            self.assertEqual(agent.reports, [])

    def test_nothing_is_reported_where_that_is_switched_off(self):
        for kind, name, host, db in self.each_wrapped(report_after_pack=False):
            agent = self.fake_agent(host)
            db.pack(time.time() + 1)
            self.assertEqual(agent.reports, [])

    def warnings_of(self, pack):
        with self.assertLogs("nice_blobs", "WARNING") as logs:
            pack()
        (told,) = logs.output
        return told

    def test_a_pack_succeeds_when_the_report_is_refused_and_tells_why(self):
        for kind, name, host, db in self.each_wrapped():
            self.fake_agent(host).refusal = "ACCESS_DENIED"
            before = self.named(db.storage)
            told = self.warnings_of(lambda: db.pack(time.time() + 1))
            self.assertIn("ACCESS_DENIED", told)
            self.assertIn("(ask)", told)
            self.assertLess(len(self.named(db.storage)), len(before))

    def test_a_pack_succeeds_without_an_agent_and_tells_so(self):
        for kind, name, host, db in self.each_wrapped():
            told = self.warnings_of(lambda: db.pack(time.time() + 1))
            self.assertIn("AGENT_UNREACHABLE", told)

    def test_a_report_that_is_refused_after_much_of_it_was_sent_tells_why(self):
        host = self.host(start=False)
        self.fake_agent(host).refusal = "ACCESS_DENIED"
        agent = self.wrap(self.file_storage(), host)._agent
        with self.assertRaises(BlobUnavailable) as raised:
            agent.report(itertools.repeat(b"x" * 65536, 1000))
        self.assertEqual(raised.exception.code, "ACCESS_DENIED")

    def test_what_raises_on_the_way_leaves_the_agent_with_a_request_that_has_no_end(self):
        host = self.host(start=False)
        fake = self.fake_agent(host)

        def torn():
            yield b"0000000000000001 0000000000000001\n"
            raise OSError("the disk does not answer")

        self.assertRaises(OSError, self.wrap(self.file_storage(), host)._agent.report, torn())
        fake.await_cut_off()
        self.assertEqual(fake.reports, [])

    def test_the_server_of_zeo_reports_and_its_clients_do_not(self):
        server_host = self.host("server", start=False)
        agent = self.fake_agent(server_host)
        address, stop = ZEO.server(
            storage_conf=f"""
                %import nice_blobs
                <niceblobs>
                  config {server_host.config}
                  <filestorage 1>
                    path {self.at("Data.fs")}
                    blob-dir {self.blobs}
                  </filestorage>
                </niceblobs>"""
        )
        self.addCleanup(stop)
        for shared in False, True:
            with self.subTest(shared=shared):
                blobs = self.blobs if shared else self.at("cache")
                client = ZEO.client(address, blob_dir=blobs, shared_blob_dir=shared, wait_timeout=10)
                db = self.open(self.wrap(client, server_host))
                self.fill(db)
                with self.assertNoLogs("nice_blobs", "WARNING"):
                    db.storage.pack(time.time() + 1, True)
                ((_, text),) = agent.reports
                self.assertEqual(self.lines(text), by_history(client))
                agent.reports.clear()


class CommandTest(PackCase):
    """python -m nice_blobs.live_report, beside an application that has the database open."""

    def write(self, text):
        with open(self.at("the.conf"), "w") as file:
            file.write(text)
        return self.at("the.conf")

    def run_command(self, *words):
        done = subprocess.run([sys.executable, "-m", "nice_blobs.live_report", *words], capture_output=True, cwd=self.directory)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def plant(self, *names):
        """Databases that stay open, and the section of each."""
        sections = []
        for name in names:
            blobs = self.at(f"{name}-blobs")
            storage = storages.file_storage(self.at(name), blobs)
            self.fill(self.open(storage))
            sections.append((storage, f"<filestorage {name}>\npath {self.at(name)}.fs\nblob-dir {blobs}\n</filestorage>"))
        return sections

    def test_prints_what_a_bare_storage_keeps(self):
        ((storage, section),) = self.plant("main")
        status, text, errors = self.run_command(self.write(section), "--print")
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.lines(text.encode()), by_history(storage))

    def test_reports_each_wrapped_database_of_a_file_and_no_other(self):
        (main, one), (other, two), (_, bare) = self.plant("main", "other", "bare")
        text = "%import nice_blobs\n"
        hosts = []
        for name, section in ("main", one), ("other", two):
            host = self.host(name, start=False, volumes={"blobs": self.at(f"{name}-blobs")}, database=f"cli-{name}")
            hosts.append((host, self.fake_agent(host)))
            text += f"<zodb {name}>\n<niceblobs>\nconfig {host.config}\n{section}\n</niceblobs>\n</zodb>\n"
        path = self.write(text + f"<zodb bare>\n{bare}\n</zodb>")
        status, told, errors = self.run_command(path)
        self.assertEqual(status, 0, errors)
        self.assertIn("cli-main: live report", told)
        for (host, agent), storage in zip(hosts, (main, other)):
            ((target, report),) = agent.reports
            self.assertEqual(target, f"/v1/reports?database={host.database}")
            self.assertEqual(self.lines(report), by_history(storage))
        for words in ["--storage", "other"], ["--database", "cli-other"]:
            self.assertEqual(self.run_command(path, *words)[0], 0)
        self.assertEqual([len(agent.reports) for _, agent in hosts], [1, 3])

    def test_reports_a_bare_storage_under_the_name_it_is_given(self):
        ((storage, section),) = self.plant("main")
        host = self.host(start=False)
        agent = self.fake_agent(host)
        status, _, errors = self.run_command(self.write(section), "--config", host.config, "--database", host.database)
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.lines(agent.reports[0][1]), by_history(storage))

    def test_reads_the_configuration_of_a_zeo_server(self):
        ((storage, section),) = self.plant("main")
        path = self.write(f"<zeo>\naddress 127.0.0.1:1\n</zeo>\n{section}")
        status, text, errors = self.run_command(path, "--print")
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.lines(text.encode()), by_history(storage))

    def test_refuses_a_client_of_zeo_and_names_who_reports(self):
        (address, stop) = ZEO.server(self.at("Data.fs"))
        self.addCleanup(stop)
        path = self.write(f"%import ZEO\n<clientstorage main>\nserver {address[0]}:{address[1]}\n</clientstorage>")
        host = self.host(start=False)
        agent = self.fake_agent(host)
        for words in ["--print"], ["--config", host.config, "--database", host.database]:
            status, text, errors = self.run_command(path, *words)
            self.assertEqual((status, text), (3, ""))
            self.assertIn("its server reports", errors)
        self.assertEqual(agent.reports, [])

    def test_reads_relstorage_and_a_blobstorage_without_touching_them(self):
        source = storages.postgresql_source(self.at("rel"))
        rel = storages.relstorage_postgresql(self.at("rel"), self.at("rel-blobs"))
        self.fill(self.open(rel))
        path = self.write(
            f"%import relstorage\n<relstorage>\nblob-dir {self.at('not-made')}\n"
            f"<postgresql>\ndsn {source}\n</postgresql>\n</relstorage>"
        )
        status, text, errors = self.run_command(path, "--print")
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.lines(text.encode()), kept(self.at("rel"), "PostgreSQL", rel))
        ((storage, section),) = self.plant("main")
        path = self.write(f"<blobstorage>\nblob-dir {self.at('not-made')}\n{section}\n</blobstorage>")
        status, text, errors = self.run_command(path, "--print")
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.lines(text.encode()), by_history(storage))
        self.assertFalse(os.path.exists(self.at("not-made")))

    def test_the_documented_query_names_the_same_and_ends_as_a_report(self):
        with open(os.path.join(ROOT, "docs/zodb.md")) as docs:
            (query,) = re.findall(r"```sql\n(.*?)```", docs.read(), re.DOTALL)
        for kind in "RelStoragePostgreSQL", "HistoryFreePostgreSQL":
            name = self.at(kind)
            storage = EVERY[kind](name, self.at(f"{kind}-blobs"))
            self.fill(self.open(storage))
            words = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", storages.postgresql_source(name)]
            told = subprocess.run(words, input=query.encode(), capture_output=True, check=True).stdout
            self.assertEqual(self.lines(told), kept(name, kind, storage))

    def test_asks_which_where_it_cannot_know(self):
        (_, one), (_, two) = self.plant("main", "other")
        status, text, errors = self.run_command(self.write(one + "\n" + two), "--print")
        self.assertEqual((status, text), (2, ""))
        self.assertIn("'main', 'other'", errors)

    def test_what_fails_has_a_status_and_no_end(self):
        ((storage, section),) = self.plant("main")
        self.damage(storage, self.at("main.fs"))
        status, text, errors = self.run_command(self.write(section), "--print")
        self.assertEqual(status, 3)
        self.assertNotIn("end", text)
        self.assertIn("main: ", errors)


class LargeTest(SnapshotCase):
    """RelStorage's table is read row by row, however many there are."""

    ROWS = 1_000_000

    def test_the_query_takes_the_same_memory_for_a_million_rows_as_for_few(self):
        import psycopg2

        name = self.at("large")
        source = storages.postgresql_source(name)
        storages.relstorage_postgresql(name, self.blobs, keep_history=False).close()
        with contextlib.closing(psycopg2.connect(source)) as connection:
            connection.cursor().execute(
                f"INSERT INTO object_state (zoid, tid, state_size) SELECT number, number, 0 FROM generate_series(1, {self.ROWS}) AS number"
            )
            connection.commit()
        with open(self.at("the.conf"), "w") as file:
            file.write(f"%import relstorage\n<relstorage>\nkeep-history no\n<postgresql>\ndsn {source}\n</postgresql>\n</relstorage>")
        program = """
import resource, sys
from nice_blobs.revisions import revisions
from stage import ROOT
from nice_blobs.sources import find_sources
(source,) = find_sources(sys.argv[1])
storage = source.open()
storage.lastTransaction()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(sum(1 for _ in revisions(storage)), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        told = subprocess.run([sys.executable, "-c", program, self.at("the.conf")], capture_output=True, check=True).stdout
        rows, kibibytes = map(int, told.split())
        self.assertEqual(rows, self.ROWS)
        self.assertLess(kibibytes, 8 * 1024)
