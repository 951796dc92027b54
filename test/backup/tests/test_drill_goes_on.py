"""What a drill meets in a backup that is spoiled, doubled, being made, or left by another drill."""

import fcntl
import os
import subprocess

from test_restore_drill import BackupCase, flip, forget_sum

# A file that can be opened, and read never, by whoever it may be.
UNREADABLE = "/proc/self/mem"


class DrillGoesOnTest(BackupCase):
    def test_tells_of_each_blob_that_cannot_be_read_and_of_sums_that_are_no_text(self):
        for site, backup in self.each_site():
            backup.make()
            (unreadable, *_) = sorted(site.kept())
            path = backup.path(unreadable)
            os.remove(path)
            os.symlink(UNREADABLE, path)
            with open(os.path.join(backup.blobs, ".nice-blobs/sums/spoiled.sha256"), "wb") as sums:
                sums.write(b"\xff\xfe\n")
            drill = backup.drill()
            self.assertEqual((drill.status, drill.refs("unreadable")), (1, {unreadable}), drill.said)
            self.assertRegex(drill.verdict, f"^verdict: of {len(site.kept())} blobs 1 unreadable; ")

    def test_takes_a_blob_from_whichever_copy_has_it_whole(self):
        site, backup = self.site()
        backup.make()
        other = self.at("other-copy")
        subprocess.run(["cp", "-a", backup.blobs, other], check=True)
        damaged, unproved, nowhere, *_ = sorted(site.kept())
        flip(backup.path(damaged))
        forget_sum(backup.blobs, backup.path(unproved))
        self.require_whole(self.drill_both(backup, other), site.kept())
        for copy in (backup.blobs, other):
            flip(os.path.join(copy, os.path.relpath(backup.path(nowhere), backup.blobs)))
        drill = self.drill_both(backup, other)
        self.assertEqual((drill.status, drill.refs("damaged")), (1, {nowhere}), drill.said)

    def drill_both(self, backup, other):
        return backup.drill("--blobs", backup.blobs, "--blobs", other)

    def test_tells_of_a_backup_at_work_and_of_scratch_that_was_left(self):
        site, backup = self.site()
        backup.make()
        self.assertFalse([line for line in backup.drill("--scratch", self.directory).said if "at work" in line or "left by" in line])
        ended = subprocess.Popen(["true"])
        ended.wait()
        left = self.at(f"restore-drill.{ended.pid}.abcdef")
        os.mkdir(left)
        with open(os.path.join(backup.directory, "lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            drill = backup.drill("--scratch", self.directory)
        self.assertEqual(drill.status, 0)
        self.assertIn(f"left by an earlier drill: {left}", drill.said)
        self.assertIn(f"a backup is at work in {backup.directory}: what it has not brought yet will be missing", drill.said)
