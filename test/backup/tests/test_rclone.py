"""A copy made by Debian's rclone and proved by what is stored with the objects."""

import os
import subprocess
import time

from backup import SCRIPTS, kill
from site_of_pictures import hash_of
from stage import Host, stage
from test_restore_drill import BackupCase, flip

# The third is larger than what rclone fetches in several streams.
SIZES = (10, 100_000, 300 * 2**20)


class RcloneCase(BackupCase):
    def remote(self, database):
        return f"sandbox:{stage().sandbox['bucket']['name']}/blobs/{database}"

    def settings(self):
        """The remote `sandbox`."""
        bucket = stage().sandbox["bucket"]
        with open(self.at("rclone.conf"), "w") as file:
            file.write("[sandbox]\ntype = s3\nprovider = Other\nlist_version = 2\nenv_auth = true\nforce_path_style = true\n")
            file.write(f"region = {bucket['region']}\nendpoint = {bucket['endpoint']}\n")
        return {"RCLONE_CONFIG": file.name}

    def start(self, database, directory):
        words = [os.path.join(SCRIPTS, "rclone-copy.sh"), self.remote(database), directory]
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "LANG": "C.UTF-8", **stage().credentials, **self.settings()}
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def copy(self, database, directory):
        process = self.start(database, directory)
        _, complaints = process.communicate(timeout=120)
        return process.returncode, complaints


class RcloneTest(RcloneCase):
    def test_a_backup_with_it_comes_back_whole(self):
        site, backup = self.site()
        backup.make(REMOTE=self.remote(site.host.database), **self.settings())
        before = Host.downloads()
        backup.make(REMOTE=self.remote(site.host.database), **self.settings())
        self.assertEqual(Host.downloads(), before)
        refs = site.kept()
        truth = {sha256 for ref, sha256 in site.truth.items() if ref in refs}
        self.end(site)
        self.require_whole(backup.drill(), refs)
        # What it leaves is a blob directory of ZODB's, though the copy is none.
        drill = backup.drill("--keep", "--scratch", self.directory)
        scratch = drill.said[-1].removeprefix("left in ")
        subprocess.run(["cp", "-rL", os.path.join(scratch, "blobs"), self.at("restored")], check=True)
        self.assertEqual({hash_of(path) for path in self.files(self.at("restored"))}, truth)

    def test_what_is_not_what_was_archived_is_named_and_gets_no_sum(self):
        site, backup = self.site()
        objects = os.path.join(backup.directory, "objects")
        self.assertEqual(self.copy(site.host.database, objects), (0, ""))
        (ref, *_) = sorted(site.host.bucket())
        path = "/".join(name.hex() for name in ref)
        stats = os.stat(os.path.join(objects, path))
        flip(os.path.join(objects, path))
        os.utime(os.path.join(objects, path), ns=(stats.st_atime_ns, stats.st_mtime_ns))
        for name in os.listdir(os.path.join(objects, ".nice-blobs/sums")):
            os.remove(os.path.join(objects, ".nice-blobs/sums", name))
        self.assertEqual(self.copy(site.host.database, objects), (1, f"not what was archived: {path}\n"))
        os.remove(os.path.join(objects, path))
        self.assertEqual(self.copy(site.host.database, objects), (0, ""))
        self.assertEqual(self.prove(objects), "")

    def test_what_was_swept_before_it_was_proved_is_not_called_damaged(self):
        site, backup = self.site()
        objects = os.path.join(backup.directory, "objects")
        self.assertEqual(self.copy(site.host.database, objects), (0, ""))
        path = "00000000000000ff/03d167f919308700"
        os.mkdir(os.path.join(objects, os.path.dirname(path)))
        with open(os.path.join(objects, path), "w") as file:
            file.write("swept")
        self.assertEqual(self.copy(site.host.database, objects), (0, f"no longer in the bucket, so not proved: {path}\n"))
        self.assertNotIn(path, self.proved(objects))

    def proved(self, directory):
        return subprocess.run("cat .nice-blobs/sums/*.sha256", shell=True, cwd=directory, capture_output=True, text=True, check=True).stdout

    def test_a_source_with_nothing_in_it_is_no_success(self):
        status, complaints = self.copy("no-such-database", self.at("objects"))
        self.assertEqual(status, 1)
        self.assertIn("there is nothing in sandbox:", complaints)
        self.assertFalse(os.path.exists(self.at("objects")))

    def prove(self, directory):
        words = ["sh", "-c", "cat .nice-blobs/sums/*.sha256 | sha256sum --check --strict --quiet"]
        return subprocess.run(words, cwd=directory, capture_output=True, text=True, check=True).stdout


class KilledRcloneTest(RcloneCase):
    def test_goes_on_wherever_it_was_killed_I8(self):
        blobs = self.at("large", "blobs")
        plant(blobs)
        host = self.host("large", volumes={"blobs": blobs})
        host.archive(release=True)
        objects = self.at("objects")
        moments = 8
        began = time.monotonic()
        self.assertEqual(self.copy(host.database, self.at("undisturbed")), (0, ""))
        usual = time.monotonic() - began
        for moment in range(moments):
            process = self.start(host.database, objects)
            time.sleep(usual * (moment + 0.5) / moments)
            kill(process)
        self.assertEqual(self.copy(host.database, objects), (0, ""))
        difference = subprocess.run(["diff", "--recursive", "--brief", "--exclude=.nice-blobs", self.at("undisturbed"), objects], capture_output=True, text=True)
        self.assertEqual(difference.stdout, "")
        proof = subprocess.run(["sh", "-c", "cat .nice-blobs/sums/*.sha256 | sha256sum --check --strict"], cwd=objects, capture_output=True, text=True)
        self.assertEqual((proof.returncode, proof.stdout.count(": OK\n")), (0, len(SIZES)), proof)


def plant(blobs):
    """In a volume: a file of each size."""
    for number, size in enumerate(SIZES):
        directory = os.path.join(blobs, *["0x00"] * 7, f"0x{number:02x}")
        os.makedirs(directory)
        with open(os.path.join(directory, "0x03d167f919308700.blob"), "wb") as file:
            for _ in range(0, size, 2**20):
                file.write(os.urandom(min(size, 2**20)))
    with open(os.path.join(blobs, ".layout"), "w") as file:
        file.write("bushy")
