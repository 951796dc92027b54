"""What copy-volume.sh makes of a volume that is not as it should be: nothing that is worse than what was there before."""

import hashlib
import os
import shutil
import subprocess
import time

from backup import SCRIPTS
from case import Case

NAMES = [f"0x00/0x{number:02x}/0x03d167f919308700.blob" for number in range(4)]


class VolumeCase(Case):
    def setUp(self):
        super().setUp()
        self.volume, self.backup, self.copy = self.at("volume"), self.at("backup"), self.at("backup/blobs")
        self.sums = os.path.join(self.copy, ".nice-blobs/sums")
        os.makedirs(self.backup)
        self.write(self.at("volume", ".layout"), b"bushy")
        for name in NAMES:
            self.write(self.at("volume", name), os.urandom(1000))

    def write(self, path, content):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    def read(self, *names):
        with open(os.path.join(*names), "rb") as file:
            return file.read()

    def run_copy(self, **more):
        """The status, and what is said."""
        self.write(self.at("backup/dumped"), b"")
        words = [os.path.join(SCRIPTS, "copy-volume.sh"), self.volume, self.backup]
        done = subprocess.run(words, env={"PATH": os.environ["PATH"], **more}, capture_output=True, text=True, timeout=60, start_new_session=True)
        return done.returncode, done.stderr

    def require_copied(self):
        self.assertEqual(self.run_copy(), (0, ""))

    def prove(self):
        """As docs/backups.md has it: the paths that are right."""
        words = ["sh", "-c", "cat .nice-blobs/sums/*.sha256 | sha256sum --check --strict"]
        done = subprocess.run(words, cwd=self.copy, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done)
        return sorted(line.removesuffix(": OK") for line in done.stdout.splitlines())

    def last_list(self):
        lists = self.at("backup/lists")
        return self.read(lists, max(name for name in os.listdir(lists) if name.endswith(".list"))).decode().splitlines()

    def instead_of(self, program, commands):
        """Answers the environment in which `program` is these lines of sh; $real is the true one."""
        self.write(self.at("bin", program), f'#!/bin/sh\nreal="{shutil.which(program)}"\n{commands}\n'.encode())
        os.chmod(self.at("bin", program), 0o755)
        return {"PATH": f"{self.at('bin')}:{os.environ['PATH']}"}


class ListTest(VolumeCase):
    def test_survives_a_volume_that_is_not_mounted(self):
        self.require_copied()
        before = self.last_list()
        self.assertEqual(sorted(before), [".layout", *NAMES])
        # The second is what Zope makes of a mount point.
        for left in ([], [".layout"]):
            shutil.rmtree(self.volume)
            os.mkdir(self.volume)
            for name in left:
                self.write(self.at("volume", name), b"bushy")
            status, said = self.run_copy()
            self.assertEqual(status, 1)
            self.assertIn("is its file system mounted?", said)
            self.assertEqual(self.last_list(), before)

    def test_survives_a_kill_and_a_disk_that_dies_while_it_is_listed(self):
        self.require_copied()
        before = self.last_list()
        for death in ("kill -9 0", 'echo "find: ./0x00: Input/output error" >&2; exit 1'):
            status, _ = self.run_copy(**self.instead_of("find", death))
            self.assertNotEqual(status, 0)
            self.assertEqual(self.last_list(), before)

    def test_of_a_volume_from_which_all_may_leave_may_be_empty(self):
        self.require_copied()
        shutil.rmtree(self.at("volume/0x00"))
        self.assertEqual(self.run_copy(MAY_BE_EMPTY="yes"), (0, ""))

    def test_is_whole_when_a_release_takes_a_directory_away_in_front_of_it(self):
        vanished = 'echo "find: \'./0x00/0x09\': No such file or directory" >&2; "$real" "$@"; exit 1'
        self.assertEqual(self.run_copy(**self.instead_of("find", vanished)), (0, ""))
        self.assertEqual(self.prove(), NAMES)

    def test_of_what_cannot_be_read_ends_with_a_complaint_and_what_can_is_copied(self):
        unreadable = 'echo "find: \'./0x00/0x09\': Permission denied" >&2; "$real" "$@"; exit 1'
        status, said = self.run_copy(**self.instead_of("find", unreadable))
        self.assertEqual(status, 1)
        self.assertIn("Permission denied", said)
        self.assertEqual(self.prove(), NAMES)

    def test_leaves_out_no_blob_of_the_future_in_silence(self):
        tomorrow = time.time() + 86400
        os.utime(self.at("volume", NAMES[0]), (tomorrow, tomorrow))
        status, said = self.run_copy()
        self.assertEqual(status, 1)
        self.assertIn(f"1 blobs, such as {NAMES[0]}", said)
        self.assertEqual(self.prove(), NAMES[1:])


class SumTest(VolumeCase):
    def test_is_given_to_no_file_that_is_not_what_the_volume_has(self):
        torn, truth = NAMES[0], self.read(self.volume, NAMES[0])
        self.write(self.at("backup/blobs", torn), truth[:400])
        status, said = self.run_copy()
        self.assertEqual(status, 0, said)
        self.assertIn(f"not what is on the volume, moved to {self.copy}.replaced/", said)
        self.assertEqual(self.read(self.copy, torn), truth)
        self.assertEqual(self.prove(), NAMES)
        (run,) = os.listdir(f"{self.copy}.replaced")
        self.assertEqual(self.read(f"{self.copy}.replaced", run, torn), truth[:400])

    def test_is_given_to_nothing_where_the_copy_comes_out_wrong_again(self):
        wrong = f'"$real" "$@"; printf x >> "{self.at("backup/blobs", NAMES[0])}"'
        status, said = self.run_copy(**self.instead_of("rsync", wrong))
        self.assertEqual(status, 1)
        self.assertIn(f"still not what is on the volume: {NAMES[0]}", said)
        self.assertEqual(self.prove(), NAMES[1:])

    def test_is_given_to_nothing_of_which_the_volume_has_no_bytes_to_compare(self):
        self.write(self.at("backup/blobs", NAMES[0]), b"torn")
        leaves = f'rm -f "{self.at("volume", NAMES[0])}"; exec "$real" "$@"'
        self.assertEqual(self.run_copy(**self.instead_of("sha256sum", leaves)), (0, ""))
        self.assertEqual(self.prove(), NAMES[1:])
        self.assertEqual(self.read(self.copy, NAMES[0]), b"torn")

    def test_is_given_to_what_left_once_it_was_hashed_and_copied(self):
        truth = self.read(self.volume, NAMES[0])
        leaves = f'"$real" "$@"; rm -f "{self.at("volume", NAMES[0])}"'
        self.assertEqual(self.run_copy(**self.instead_of("rsync", leaves)), (0, ""))
        self.assertEqual((self.prove(), self.read(self.copy, NAMES[0])), (NAMES, truth))

    def test_is_given_to_all_others_where_one_cannot_be_read(self):
        unreadable = f'echo "sha256sum: {NAMES[0]}: Input/output error" >&2; "$real" "$@" | sed 1d; exit 1'
        status, said = self.run_copy(**self.instead_of("sha256sum", unreadable))
        self.assertEqual(status, 1)
        self.assertIn("Input/output error", said)
        self.assertEqual(self.prove(), NAMES[1:])

    def test_a_volume_that_goes_away_while_it_is_copied_is_told(self):
        goes = f'mv "{self.volume}" "{self.volume}.gone"; mkdir "{self.volume}"; exec "$real" "$@"'
        status, said = self.run_copy(**self.instead_of("rsync", goes))
        self.assertEqual(status, 1)
        self.assertIn("went away while it was copied", said)

    def test_that_was_cut_off_is_made_again(self):
        self.require_copied()
        (name,) = os.listdir(self.sums)
        whole = self.read(self.sums, name)
        line = len(whole) // len(NAMES)
        for kept in (0, 30, 70, line - 1, 2 * line - 6, len(whole) - 1):
            for rest in (b"", b"\0" * 100):
                for other in os.listdir(self.sums):
                    os.remove(os.path.join(self.sums, other))
                self.write(os.path.join(self.sums, name), whole[:kept] + rest)
                self.require_copied()
                self.assertEqual(self.prove(), NAMES)
                self.require_right()

    def require_right(self):
        for name in os.listdir(self.sums):
            for sum_and_path in self.read(self.sums, name).decode().splitlines():
                sha256, path = sum_and_path.split("  ")
                self.assertEqual(sha256, hashlib.sha256(self.read(self.volume, path)).hexdigest())
