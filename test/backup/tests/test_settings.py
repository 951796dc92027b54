"""What backup.sh refuses before it does anything, and what it makes of repozo's backups."""

import os
import subprocess
import time

from ZODB import DB
from ZODB.FileStorage import FileStorage

from backup import REPOZO, SCRIPTS
from case import Case


class SettingsCase(Case):
    def setUp(self):
        super().setUp()
        self.volume, self.backup, self.database = self.at("volume"), self.at("backup"), self.at("backup/database")
        os.makedirs(self.database)
        os.makedirs(self.volume)
        with open(self.at("volume/.layout"), "w") as file:
            file.write("bushy")

    def run_backup(self, **settings):
        """The status, and what is said."""
        defaults = {"PATH": os.environ["PATH"], "BACKUP": self.backup, "VOLUME": self.volume, "NICE_BLOBS": "true", "REPOZO": REPOZO}
        words = [os.path.join(SCRIPTS, "backup.sh")]
        done = subprocess.run(words, env={**defaults, **settings}, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def require_refused(self, reason, **settings):
        status, said = self.run_backup(**settings)
        self.assertEqual(status, 1)
        self.assertIn(reason, said)
        self.assertEqual(os.listdir(self.database), [])


class SettingsTest(SettingsCase):
    def test_a_backup_that_is_not_mounted_is_not_made_on_the_disk_below(self):
        for directory in (self.at("nowhere"), self.at("mount-point")):
            if directory.endswith("point"):
                os.mkdir(directory)
            self.require_refused("is the file system of the backup mounted?", BACKUP=directory, DATA_FS=self.at("data.fs"))
            self.assertFalse(os.path.exists(os.path.join(directory, "blobs")))

    def test_a_volume_that_is_not_mounted_is_refused(self):
        os.remove(self.at("volume/.layout"))
        self.require_refused("is its file system mounted?", DATA_FS=self.at("data.fs"))
        self.require_refused("there is no directory", VOLUME=self.at("nowhere"), DATA_FS=self.at("data.fs"))

    def test_backup_and_volume_are_not_in_each_other(self):
        os.symlink(self.backup, self.at("link"))
        os.makedirs(self.at("volume/backup/database"))
        os.makedirs(self.at("backup/volume/0x00"))
        self.require_refused("is in the volume", BACKUP=self.at("volume/backup"), DATA_FS=self.at("data.fs"))
        self.require_refused("is in the backup", VOLUME=self.at("backup/volume"), DATA_FS=self.at("data.fs"))
        self.require_refused("is in the volume", VOLUME=self.at("link"), DATA_FS=self.at("data.fs"))

    def test_two_databases_and_none_are_refused(self):
        self.require_refused("both set", DATA_FS=self.at("data.fs"), DSN="dbname=plone")
        self.require_refused("say DATA_FS, or DSN")

    def test_a_password_that_others_would_see_is_refused_and_not_shown(self):
        for source in ("dbname=plone password=hidden", "password = 'hidden'", "postgresql://plone:hidden@db/plone", "postgresql://db/plone?password=hidden"):
            with self.subTest(source):
                self.require_refused(".pgpass", DSN=source)
                self.assertNotIn("hidden", self.run_backup(DSN=source)[1])
        # These get as far as the database, and there is none.
        for source in ("host=/nowhere dbname=plone passfile=/etc/pgpass", "postgresql://plone@%2Fnowhere/plone"):
            with self.subTest(source):
                status, said = self.run_backup(DSN=source)
                self.assertNotEqual(status, 0)
                self.assertNotIn("DSN has a password", said)


class RepozoTest(SettingsCase):
    def setUp(self):
        super().setUp()
        self.db = DB(FileStorage(self.at("data.fs")))
        self.addCleanup(self.db.close)

    def make(self):
        """After a commit; what is said."""
        with self.db.transaction() as connection:
            connection.root()["made"] = connection.root().get("made", 0) + 1
        # repozo names its files by the second, and overwrites none.
        time.sleep(1.1)
        status, said = self.run_backup(DATA_FS=self.at("data.fs"))
        self.assertEqual(status, 0, said)
        return said

    def files(self, ending):
        return sorted(name for name in os.listdir(self.database) if name.endswith(ending))

    def require_restorable(self):
        words = [REPOZO, "--recover", "--with-verify", "--repository", self.database, "--output", self.at("restored.fs")]
        subprocess.run(words, check=True)
        with open(self.at("restored.fs"), "rb") as restored, open(self.at("data.fs"), "rb") as data:
            self.assertEqual(restored.read(), data.read())

    def test_an_increment_is_made_where_all_before_it_can_be_restored(self):
        for _ in range(2):
            self.assertNotIn("a full backup", self.make())
        self.assertEqual((len(self.files(".fsz")), len(self.files(".deltafsz"))), (1, 1))
        self.require_restorable()

    def test_a_full_one_begins_anew_after_a_kill_between_the_files_of_one(self):
        lines = {
            "an increment without its line": lambda text: text[: text.index("\n") + 1],
            "a line that was cut off": lambda text: text[:-20],
            "a full one without its line": lambda text: "",
        }
        for what, left in lines.items():
            with self.subTest(what):
                self.make()
                self.make()
                fulls = self.files(".fsz")
                with open(os.path.join(self.database, self.files(".dat")[-1]), "r+") as file:
                    text = left(file.read())
                    file.seek(0)
                    file.truncate()
                    file.write(text)
                self.assertIn("a full backup begins anew", self.make())
                self.assertEqual(len(self.files(".fsz")), len(fulls) + 1)
                self.make()
                self.require_restorable()
