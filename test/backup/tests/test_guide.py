"""docs/backups.md: every command that it tells people to type, as it stands there but for the places."""

import os
import re
import shutil
import subprocess

from backup import PYTHON, REPOZO, SCRIPTS
from case import Case
from stage import ROOT, stage
from test_rclone import RcloneCase

with open(os.path.join(ROOT, "docs/backups.md")) as file:
    DOCUMENT = file.read()


class GuideTest(RcloneCase):
    def setUp(self):
        super().setUp()
        self.built, self.backup = self.site()
        self.places = {
            "npx nice-blobs": os.path.join(ROOT, "client/bin/nice-blobs.js"),
            "/opt/nice-blobs/backup": self.at("opt"),
            "/mnt/backup": self.backup.directory,
            "/srv/plone/blobstorage": self.built.blobs,
            "/srv/plone/Data.fs": f"{self.built.name}.fs",
            "/srv/plone/bin/python": PYTHON,
            "/srv/plone/bin/repozo": REPOZO,
            "/usr/bin/nice-blobs": os.path.join(ROOT, "client/bin/nice-blobs.js"),
            "blobs:example-blobs/blobs/main": self.remote(self.built.host.database),
            "/etc/nice-blobs.json": self.built.host.config,
            "/etc": self.at("etc"),
            " -g plone": "",
            " -o plone": "",
        }

    def test_what_it_tells_to_type_does_what_it_says(self):
        os.makedirs(self.at("etc", "systemd/system"))
        *install, systemctl = self.block("install ").splitlines()
        self.assertRegex(systemctl, "^systemctl ")
        self.type("\n".join(install))
        self.assertEqual(len(os.listdir(self.at("etc", "systemd/system"))), 4)
        self.put_places_into(self.at("etc", "nice-blobs-backup.conf"))

        self.type(self.block("set -a"))
        refs = self.built.kept()
        self.type(self.block("npx nice-blobs recall"))
        self.type(self.block("cd /mnt/backup/blobs"))
        self.type(self.block("/opt/nice-blobs/backup/rclone-copy.sh"))
        self.type(self.cron(), "sh")
        self.assertIn(f"verdict: all {len(refs)} blobs", self.type(self.block("/opt/nice-blobs/backup/restore-drill.sh")))

        young = set(self.files(self.built.blobs))
        self.assertNotEqual(young, set())
        shutil.rmtree(self.built.blobs)
        self.type(self.block("list="))
        self.assertEqual(set(self.files(self.built.blobs)), young)
        self.assertEqual(self.built.unreadable(), set())

    def test_the_line_for_a_users_crontab_names_no_user(self):
        self.assertRegex(self.cron(), "^set -a; ")

    def cron(self):
        """What is after the five fields of its time."""
        (command,) = re.findall(r"```cron\n(?:[\d*/,-]+ ){5}(.*)\n```", DOCUMENT)
        return command

    def block(self, beginning):
        (found,) = re.findall(rf"```console\n({re.escape(beginning)}[^`]*)\n```", DOCUMENT)
        return found

    def type(self, words, shell="bash"):
        environment = {**{"PATH": os.environ["PATH"], "HOME": self.directory, "LANG": "C.UTF-8"}, **stage().credentials, **self.settings(), "NICE_BLOBS_CONFIG": self.built.host.config}
        done = subprocess.run([shell, "-ec", self.in_place(words)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout

    def in_place(self, text):
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text

    def put_places_into(self, path):
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(self.in_place(text))


class UnitsTest(Case):
    def test_the_drill_by_the_timer_takes_notice_of_the_age(self):
        with open(os.path.join(SCRIPTS, "nice-blobs-restore-drill.service")) as unit:
            self.assertIn(" --within 2d ", unit.read())

    def test_are_what_systemd_takes(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not here")
        for name in os.listdir(SCRIPTS):
            if name.endswith((".service", ".timer")):
                with open(os.path.join(SCRIPTS, name)) as source, open(self.at(name), "w") as unit:
                    unit.write(source.read().replace("/opt/nice-blobs/backup", SCRIPTS))
        units = [self.at(name) for name in os.listdir(self.directory)]
        self.assertEqual(len(units), 4)
        done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
