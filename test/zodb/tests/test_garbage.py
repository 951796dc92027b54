"""What garbage collection leaves in the bucket, with real databases that their own tools pack."""

import time

import storages
from case import Case
from site_of_pictures import Site

KINDS = {
    "FileStorage": storages.file_storage,
    "RelStoragePostgreSQL": storages.relstorage_postgresql,
    "HistoryFreePostgreSQL": storages.history_free_postgresql,
}
# Days; longer than the grace.
LONG = 15


class GarbageCase(Case):
    def each_site(self):
        for kind, open_storage in KINDS.items():
            with self.subTest(kind):
                site = Site(self, kind, open_storage)
                yield site
                site.close()

    def follow(self, site):
        """The one report that has come is followed to its end."""
        (row,) = site.host.condemn()
        self.assertEqual(row["state"], "done", row)
        return row

    def sweep(self, site):
        """How many blobs were swept."""
        done = site.host.sweep()
        self.assertEqual(done["oddities"], [])
        return done["swept"]["blobs"]

    def cycle(self, site):
        """As weeks go by: edited, archived, packed, reported, swept."""
        site.edit()
        site.archive()
        site.pack()
        row = self.follow(site)
        swept = self.sweep(site)
        site.host.pass_time(LONG)
        return row, swept


class GarbageTest(GarbageCase):
    def test_the_bucket_holds_exactly_what_every_kept_revision_can_reach_I4(self):
        for site in self.each_site():
            for _ in range(3):
                site.edit()
                site.archive()
            self.assertEqual(site.host.bucket(), set(site.truth))
            site.pack()
            garbage = site.host.bucket() - site.kept()
            self.assertGreater(len(garbage), 5)
            self.assertEqual(self.follow(site)["counts"]["condemned"], len(garbage))
            self.assertEqual(self.sweep(site), 0)  # within its grace
            site.host.pass_time(LONG)
            self.assertEqual(self.sweep(site), 0)  # no second report
            site.touch()
            site.pack()
            self.follow(site)
            self.assertEqual(self.sweep(site), len(garbage))
            self.assertEqual(site.host.bucket(), site.kept())
            self.assertEqual(site.unreadable(), set())

    def test_a_failed_pack_condemns_nothing_I4(self):
        for site in self.each_site():
            site.edit()
            site.archive()
            before = site.host.bucket()

            def fail(*words):
                raise OSError("the disk is full")

            self.assertRaises(OSError, site.db.storage.pack, time.time() + 1, fail)
            self.assertEqual(site.host.condemn(), [])
            site.report()
            # What is not named is what history-free storages replaced at once.
            self.assertEqual(self.follow(site)["counts"]["condemned"], len(before - site.kept()))
            site.host.pass_time(LONG)
            site.touch()
            site.report()
            self.follow(site)
            self.sweep(site)
            self.assertEqual(site.host.bucket(), site.kept())
            self.assertEqual(site.unreadable(), set())


class RestoreTest(GarbageCase):
    def test_the_oldest_backup_misses_nothing_five_cycles_later_I5(self):
        for site in self.each_site():
            self.cycle(site)
            site.edit()
            site.archive()
            site.backup(self.at(f"{site.kind}-backup"))
            backed_up = site.kept()
            for _ in range(5):
                self.cycle(site)
            self.assertGreater(len(backed_up - site.host.bucket()), 3)  # swept meanwhile
            site.close()
            site.host.begin_generation("2")
            site.restore(self.at(f"{site.kind}-backup"))
            self.assertEqual(site.kept(), backed_up)
            site.report()
            row = self.follow(site)
            self.assertEqual(row["generation"], "2")
            self.assertGreater(row["counts"]["sweptAlive"], 3)
            site.host.undelete(row["report"])
            self.assertEqual(backed_up - site.host.bucket(), set())
            self.assertEqual(site.unreadable(), set())
            # And it goes on from there.
            for _ in range(2):
                self.cycle(site)
            site.touch()
            site.report()
            self.follow(site)
            self.sweep(site)
            self.assertEqual(site.host.bucket(), site.kept())
            self.assertEqual(site.unreadable(), set())
