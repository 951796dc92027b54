"""Sites that leave zodb-s3blobs and collective.s3blobs: `nice-blobs adopt` takes their buckets over, and every revision reads as before."""

import base64
import os
import shutil
import subprocess
import sys
import threading

import transaction
from ZODB.FileStorage import FileStorage
from ZODB.POSException import POSKeyError

import storages
from case import Case, content, read
from predecessors import AncestorSite, S3BlobsSite, Source, adopt_ancestor, adopt_s3blobs, ancestors_key
from site_of_pictures import hash_of
from stage import NODE, ROOT

NICE_BLOBS = (NODE, os.path.join(ROOT, "client/bin/nice-blobs.js"))

KINDS = {
    "FileStorage": storages.file_storage,
    "RelStoragePostgreSQL": storages.relstorage_postgresql,
    "HistoryFreePostgreSQL": storages.history_free_postgresql,
}
WITH_HISTORY = ("FileStorage", "RelStoragePostgreSQL")
# A key of no database here.
ELSEWHERE = f"blobs/main/{'f' * 16}/{'f' * 16}"
# Days; longer than the grace.
LONG = 15


class PredecessorCase(Case):
    def assert_adopted(self, adoption, **outcomes):
        """It ended well, and came to this."""
        outcomes = {name.replace("_", " "): count for name, count in outcomes.items() if count}
        self.assertEqual((adoption.status, adoption.outcomes), (0, outcomes), adoption)

    def assert_whole(self, site):
        """Each revision that the database keeps is read from the bucket as it once was."""
        self.assertLessEqual(site.kept(), set(site.truth))
        self.assertEqual(site.unreadable(), set())

    def collect(self, site):
        """Packed, reported, condemned and swept, until the bucket has what is kept alone. Answers what was swept."""
        self.assertLessEqual(site.kept(), site.host.bucket())
        site.pack()
        kept = site.kept()
        garbage = site.host.bucket() - kept
        (row,) = site.host.condemn()
        self.assertEqual((row["state"], row["counts"]["condemned"]), ("done", len(garbage)), row)
        site.host.pass_time(LONG)
        site.touch()
        site.report()
        site.host.condemn()
        self.assertEqual(site.host.sweep()["oddities"], [])
        self.assertEqual(site.host.bucket(), kept)
        self.assert_whole(site)
        return garbage

    def conf(self, site):
        """A file with the section of its storage."""
        with open(self.at("storage.conf"), "w") as file:
            file.write(site.section())
        return file.name

    def ask_what_is_missing(self, site, listing):
        command = [sys.executable, os.path.join(ROOT, "examples/adopt/missing_blobs.py"), self.conf(site), "--volume", site.blobs]
        return subprocess.run(command, input=listing, capture_output=True, text=True)

    def missing(self, site, keys):
        """What the example tells; its lines by their words."""
        done = self.ask_what_is_missing(site, "".join(f"2026-11-25 20:45:00 4711 {key}\n" for key in keys))
        lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)
        return lines


class S3BlobsTest(PredecessorCase):
    def site(self, kind="FileStorage", source=None, prefix="site", **more):
        site = S3BlobsSite(self, kind, KINDS[kind], source or Source(), prefix, **more)
        return site

    def each_site(self, kinds=KINDS):
        for kind in kinds:
            with self.subTest(kind):
                yield self.site(kind)

    def adopt(self, site, *more):
        return adopt_s3blobs(site.source, site.host, site.prefix, *more)

    def test_every_revision_reads_as_before_and_no_report_condemns_what_lives_I4(self):
        for site in self.each_site():
            site.edit()
            site.edit()
            site.pack()
            site.edit()
            self.assert_adopted(self.adopt(site), adopted=len(site.blobs_in_source()))
            self.assertEqual(site.host.bucket(), site.blobs_in_source())
            before = len(site.blobs_in_source())
            site.edit()  # it goes on meanwhile
            site.close()
            left = site.source.versions()
            self.assert_adopted(self.adopt(site), adopted_before=before, adopted=len(site.blobs_in_source()) - before)
            self.assertEqual(self.missing(site, site.source.keys()), [])
            site.move_in()
            self.assert_whole(site)
            site.edit()  # undo and all
            site.archive()
            self.assertGreater(len(self.collect(site)), 3)
            self.assertEqual(site.source.versions(), left)

    def test_adopting_while_editors_and_packs_go_on_ends_with_everything(self):
        for site in self.each_site(WITH_HISTORY):
            ended, failures = threading.Event(), []

            def work():
                try:
                    while not ended.is_set():
                        site.edit()
                        site.pack()
                except Exception as error:
                    failures.append(error)

            editor = threading.Thread(target=work)
            site.edit()
            editor.start()
            runs = [self.adopt(site) for _ in range(3)]
            ended.set()
            editor.join()
            self.assertEqual(failures, [])
            # What a pack deleted between the list and its turn is told, and no more.
            self.assertLessEqual({code for run in runs for code in run.summary["failures"]}, {"SOURCE_VANISHED", "SOURCE_CHANGED"}, runs)
            site.close()
            self.assertEqual(self.adopt(site).status, 0)
            site.move_in()
            self.assert_whole(site)
            self.collect(site)

    def test_what_an_aborted_transaction_had_uploaded_is_collected(self):
        site = self.site()
        site.edit()
        in_between = []

        class Refusing:
            """Votes after the database has."""

            transaction_manager = transaction.manager
            abort = commit = tpc_begin = tpc_finish = tpc_abort = lambda self, txn: None
            sortKey = lambda self: "~"

            def tpc_vote(self, txn):
                in_between.append(test.adopt(site))
                raise ValueError("no")

        test = self
        connection = site.db.open()
        site._store(connection.root(), "aborted")
        transaction.get().join(Refusing())
        self.assertRaises(ValueError, transaction.commit)
        transaction.abort()
        connection.close()
        site.edit()
        site.close()
        self.assertEqual((in_between[0].status, self.adopt(site).status), (0, 0))
        (aborted,) = site.host.bucket() - site.blobs_in_source()
        site.move_in()
        self.assert_whole(site)
        self.assertIn(aborted, self.collect(site))

    def test_databases_under_prefixes_of_one_bucket_stay_apart_I9(self):
        source = Source()
        sites = []
        for number, prefix in enumerate(("", "blobs", "site", "site2", "a/site")):
            kind = f"FileStorage{number}"
            sites.append(S3BlobsSite(self, kind, storages.file_storage, source, prefix))
            sites[-1].edit()
        source.put("blobs/readme.txt", b"none of theirs")
        for site in sites:
            foreign = 1 + len(sites[1].blobs_in_source()) if site.prefix == "" else 0
            self.assert_adopted(self.adopt(site), adopted=len(site.blobs_in_source()), foreign=foreign)
            self.assertEqual(site.host.bucket(), site.blobs_in_source())
            site.move_in()
            self.assert_whole(site)
            self.collect(site)

    def test_a_dry_run_copies_nothing_and_the_last_run_reads_nothing_again(self):
        site = self.site()
        for _ in range(3):
            site.edit()
        site.close()
        blobs = len(site.blobs_in_source())
        self.assert_adopted(self.adopt(site, "--dry-run"), would_be_adopted=blobs)
        self.assertEqual(site.host.bucket(), set())
        self.assert_adopted(self.adopt(site), adopted=blobs)
        before = site.host.downloads()
        self.assert_adopted(self.adopt(site), adopted_before=blobs)
        self.assertEqual(site.host.downloads(), before)

    def test_a_source_under_a_key_of_its_own_is_adopted_with_that_key(self):
        key = bytes(range(32))
        site = self.site(sse_key=key)
        site.edit()
        with open(self.at("key"), "wb") as file:
            file.write(base64.b64encode(key))
        self.assertNotEqual(self.adopt(site).status, 0)
        self.assertEqual(site.host.bucket(), set())
        self.assert_adopted(self.adopt(site, "--sse-customer-key", file.name), adopted=len(site.blobs_in_source()))
        site.move_in()
        self.assert_whole(site)

    def test_the_way_back_is_open_at_once_and_with_blobs_committed_since_leads_over_a_blob_directory(self):
        for site in self.each_site(WITH_HISTORY):
            site.edit()
            self.adopt(site)
            site.move_in()
            site.touch()
            site.move_back()
            self.assert_whole_there(site)
            site.move_in()
            site.edit()
            site.archive()
            kept = site.kept()
            site.close()
            subprocess.run([*NICE_BLOBS, "recall", "--all", "--config", site.host.config], check=True, capture_output=True)
            plain = KINDS[site.kind](site.name, site.blobs)
            self.assertEqual({ref for ref in kept if hash_of(plain.loadBlob(*ref)) != site.truth[ref]}, set())
            plain.close()
            site.move_back()
            self.assertGreater(len(kept - site.blobs_in_source()), 3)
            give_back = os.path.join(ROOT, "examples/adopt/give_back.py")
            subprocess.run([sys.executable, give_back, self.conf(site), site.blobs], check=True, capture_output=True)
            self.assert_whole_there(site)

    def assert_whole_there(self, site):
        """The same with zodb-s3blobs, of its own bucket."""
        shutil.rmtree(os.path.join(site.directory, "s3blobs-cache"))
        storage = site.db.storage
        self.assertEqual({ref for ref in site.kept() if hash_of(storage.loadBlob(*ref)) != site.truth[ref]}, set())


    def test_a_listing_that_failed_makes_nothing_missing_I11(self):
        site = self.site()
        site.edit()
        for listing in ("", "An error occurred (AccessDenied)\n", "2026-11-25 20:45:00 4711 backups/monday.tar\n"):
            told = self.ask_what_is_missing(site, listing)
            self.assertEqual((told.returncode, told.stdout), (2, ""), told)
            self.assertIn("no key of a blob", told.stderr)


class LostByUndoTest(PredecessorCase):
    """zodb-s3blobs 1.2.1 passes an undo on to the storage in it, which knows nothing of the bucket: the revision has no object."""

    def undone(self, kind):
        site = S3BlobsSite(self, kind, KINDS[kind], Source(), "site")
        connection = site.db.open()
        self.commit_blob(connection, "other", b"other")
        for words in b"first", b"second":
            self.commit_blob(connection, "a", words)
        site.db.undo(site.db.undoLog(0, 1)[0]["id"])
        transaction.commit()
        connection.close()
        return site

    def test_it_is_lost_before_and_after_is_told_by_name_and_mended_out_of_what_it_was_set_back_to(self):
        for kind in WITH_HISTORY:
            with self.subTest(kind):
                site = self.undone(kind)
                (lost,) = site.kept() - site.blobs_in_source()
                self.assertRaises(POSKeyError, site.db.storage.loadBlob, *lost)
                told = self.missing(site, site.source.keys())
                self.assertEqual(adopt_s3blobs(site.source, site.host, site.prefix).status, 0)
                site.move_in()
                self.assertRaises(POSKeyError, site.db.storage.loadBlob, *lost)
                self.assertEqual(self.missing(site, site.source.keys()), told)

                ((ref, undone, path),) = told
                first, _ = sorted(tid for oid, tid in site.host.bucket() if oid == lost[0])
                of = f"{lost[0].hex()}/{first.hex()}"
                self.assertEqual((ref, undone), (f"{lost[0].hex()}/{lost[1].hex()}", of if kind == "FileStorage" else "-"))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                subprocess.run([*NICE_BLOBS, "get", of, "-o", path, "--config", site.host.config], check=True)
                self.assertEqual(self.missing(site, site.source.keys()), [])
                self.assertEqual(self.read_a(site), b"first")
                site.archive()
                site.pack()
                self.assertEqual(self.read_a(site), b"first")

    def read_a(self, site):
        connection = site.db.open()
        try:
            return read(connection.root()["a"])
        finally:
            connection.close()

    def test_a_pack_by_zodb_s3blobs_deletes_what_it_could_be_mended_out_of(self):
        site = self.undone("FileStorage")
        self.assertEqual(len(site.blobs_in_source()), 3)
        site.pack()
        self.assertEqual(len(site.blobs_in_source()), 1)


class AncestorTest(PredecessorCase):
    KINDS = {
        **KINDS,
        "FileStorageLawn": lambda name, blobs: storages.file_storage(name, as_lawn(name, blobs)),
    }

    def site(self, kind="FileStorage"):
        site = AncestorSite(self, kind, self.KINDS[kind], Source())
        return site

    def each_site(self):
        for kind in self.KINDS:
            with self.subTest(kind):
                yield self.site(kind)

    def test_a_volume_half_in_its_bucket_reads_as_before_and_no_report_condemns_what_lives_I4(self):
        for site in self.each_site():
            site.edit()
            site.source.put("backups/monday.tar", b"none of its")
            site.leave(destroyed=lambda number: False)
            blobs = len(site.truth)
            self.assert_adopted(adopt_ancestor(site.source, site.host), adopted=blobs, foreign=1)
            site.edit()
            gone = site.leave(destroyed=lambda number: number % 3 > 0)
            left = site.source.versions()
            last = adopt_ancestor(site.source, site.host)
            self.assert_adopted(last, adopted_before=blobs, adopted=len(site.source.keys()) - 1 - blobs, foreign=1)
            site.move_in()
            self.assertEqual(self.missing(site, site.source.keys()), [])
            told = {tuple(map(bytes.fromhex, ref.split("/"))) for ref, *_ in self.missing(site, [ELSEWHERE])}
            self.assertEqual(told, gone & site.kept())
            self.assertEqual(site.unreadable(), set())
            site.archive()
            self.assertEqual(list(site.files()), [])
            self.assert_whole(site)
            site.edit()  # undo and all
            site.archive()
            self.assertGreater(len(self.collect(site)), 3)
            self.assertEqual(site.source.versions(), left)

    def test_where_its_object_is_torn_the_file_on_the_disk_is_right_if_archived_first_I3(self):
        site = self.site()
        site.edit()
        site.leave(destroyed=lambda number: False)
        (oid, tid, path), *others = site.files()
        site.source.put(ancestors_key(oid, tid), content(path)[:-1])
        site.host.archive(release=False)
        adoption = adopt_ancestor(site.source, site.host)
        self.assertEqual((adoption.status, adoption.summary["failures"]), (4, {"BLOB_CONFLICT": 1}), adoption)
        self.assertEqual(adoption.outcomes, {"adopted before": len(others)})
        site.move_in()
        site.archive()
        self.assert_whole(site)

    def test_where_its_torn_object_was_adopted_first_the_file_stays_and_is_what_is_read_I1(self):
        site = self.site()
        site.edit()
        site.leave(destroyed=lambda number: False)
        (oid, tid, path), *others = site.files()
        site.source.put(ancestors_key(oid, tid), content(path)[:-1])
        self.assertEqual(adopt_ancestor(site.source, site.host).status, 0)
        site.move_in()
        with self.assertRaisesRegex(AssertionError, "BLOB_CONFLICT"):
            site.archive()
        self.assertEqual(list(site.files()), [(oid, tid, path)])
        self.assertEqual(site.unreadable(), set())


def as_lawn(name, blobs):
    """A blob directory as ZODB 3.8 made them, of a database that is there already: a new one empties its blob directory."""
    if not os.path.exists(f"{name}.fs"):
        FileStorage(f"{name}.fs").close()
        os.mkdir(blobs)
        with open(os.path.join(blobs, ".layout"), "w") as file:
            file.write("lawn")
    return blobs
