"""Which database a drill brings up, and how old it may be: a drill of the wrong one proves nothing."""

import glob
import os
import time
from unittest import mock

from ZODB import DB
from ZODB.FileStorage import FileStorage

from backup import Drill
from test_restore_drill import BackupCase

DAY = 86400


class WhichDatabaseTest(BackupCase):
    def test_is_none_whose_last_increment_is_missing(self):
        site, backup = self.site()
        backup.make()
        refs, full = site.kept(), self.only(backup, "*.fsz")
        site.edit()
        backup.make()
        self.require_whole(backup.drill(), site.kept())
        increment = self.only(backup, "*.deltafsz")
        os.remove(increment)
        drill = backup.drill()
        self.assertEqual((drill.status, drill.verdict), (3, f"verdict: the database cannot be brought up: {increment} is missing"))
        # Of the time before it nothing is missing.
        before = backup.drill("--date", os.path.basename(full).removesuffix(".fsz"))
        self.require_whole(before, refs)
        os.remove(full)
        self.assertEqual(backup.drill().verdict, f"verdict: the database cannot be brought up: {full} is missing")

    def only(self, backup, pattern):
        (path,) = glob.glob(os.path.join(backup.database, pattern))
        return path

    def test_is_named_by_the_verdict_with_its_last_transaction(self):
        for site, backup in self.each_site():
            backup.make()
            (dump,) = [path for path in glob.glob(os.path.join(backup.database, "*")) if path.endswith((".fsz", ".sql.gz"))]
            verdict = backup.drill("--within", "2d").verdict
            self.assertRegex(verdict, rf"^verdict: all .*; the database is {dump}, until \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\S* UTC$")

    def test_is_too_old_by_its_dump(self):
        for site, backup in self.each_site():
            backup.make()
            for path in glob.glob(os.path.join(backup.database, "*")):
                os.utime(path, (time.time() - 3 * DAY,) * 2)
            self.assertEqual(backup.drill().status, 0)
            self.assertEqual(backup.drill("--within", "73h").status, 0)
            drill = backup.drill("--within", "2d")
            self.assertEqual(drill.status, 1)
            self.assertRegex(drill.verdict, "^verdict: all .*; but the database is older than 2d: ")

    def test_is_too_old_by_its_last_transaction_though_it_was_dumped_today(self):
        site, backup = self.site()
        backup.make(DATA_FS=self.make_old_database())
        drill = backup.drill("--within", "2d")
        self.assertEqual(drill.status, 1)
        self.assertIn("but the database is older than 2d", drill.verdict)

    def make_old_database(self):
        now = time.time()
        with mock.patch("time.time", lambda: now - 3 * DAY):
            DB(FileStorage(self.at("old.fs"))).close()
        return self.at("old.fs")

    def test_is_asked_for_where_there_are_dumps_of_both_kinds(self):
        self.plant("2026-11-25-02-30-00.dat", "20261125T023000Z.sql.gz")
        drill = self.drill()
        self.assertEqual((drill.status, drill.said), (2, []))
        self.assertIn("has dumps of repozo and of pg_dump: say which", drill.complaints)
        self.assertEqual(self.drill("--sql", "a.sql.gz", "--repozo", "a").status, 2)

    def test_is_not_taken_by_a_date_that_is_none_or_that_says_nothing_of_its_kind(self):
        self.plant("20261125T023000Z.sql.gz")
        self.assertIn("--date is for backups of repozo", self.refused("--date", "2026-11-25"))
        for date in ("yesterday", "2026-13-45", "2026-11-25T02:30", "20261125"):
            self.assertIn(f"no date: {date}", self.refused("--date", date))
        self.assertIn("usage: ", self.refused("--date", ""))
        for within in ("2", "d", "0d", "2w", "-1d"):
            self.assertIn(f"no time: {within}", self.refused("--within", within))

    def test_is_missed_where_there_is_none(self):
        self.assertEqual(self.drill().said, [f"verdict: the database cannot be brought up: there is no {self.at('planted/database')}"])
        self.plant()
        drill = self.drill()
        self.assertEqual((drill.status, drill.said), (3, [f"verdict: the database cannot be brought up: there is no dump in {self.at('planted/database')}"]))
        self.assertIn("there is no directory /nowhere", self.refused("--blobs", "/nowhere"))

    def plant(self, *names):
        """Empty files, of which the names alone matter."""
        os.makedirs(self.at("planted/database"))
        for name in names:
            open(self.at("planted/database", name), "w").close()

    def drill(self, *words):
        return Drill([*words, self.at("planted")])

    def refused(self, *words):
        drill = self.drill(*words)
        self.assertEqual((drill.status, drill.said), (2, []))
        return drill.complaints
