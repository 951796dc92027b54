"""From nothing but the backup: databases of several kinds, and everything that may be wrong with a backup."""

import os
import shutil
import socket
import stat

from ZODB import DB
from ZODB.blob import BlobStorage
from ZODB.FileStorage import FileStorage

from backup import PYTHON, Backup
from case import Case
from site_of_pictures import Site
from stage import stage
import storages

KINDS = {
    "FileStorage": storages.file_storage,
    "RelStoragePostgreSQL": storages.relstorage_postgresql,
    "HistoryFreePostgreSQL": storages.history_free_postgresql,
}


class BackupCase(Case):
    def site(self, kind="FileStorage", open_storage=None):
        """A site of which blobs are in the bucket alone, in both, and in the volume alone; and its backup, which is still to be made."""
        site = Site(self, kind, open_storage or KINDS[kind])
        site.edit()
        site.archive()
        site.edit()
        site.host.archive(release=False)
        site.edit()
        return site, Backup(site, self.at(f"{kind}-backup"))

    def each_site(self):
        for kind in KINDS:
            with self.subTest(kind):
                yield self.site(kind)

    def end(self, site):
        """Nothing of it is left but its backup."""
        site.close()
        site.host.stop()
        shutil.rmtree(site.directory)

    def require_whole(self, drill, refs):
        self.assertEqual((drill.status, drill.said[:-1][1:-1], drill.complaints), (0, [], ""), drill.said)
        self.assertRegex(drill.verdict, f"^verdict: all {len(refs)} blobs are there, byte for byte ")


class DrillTest(BackupCase):
    def test_brings_every_blob_back_from_the_backup_alone(self):
        for site, backup in self.each_site():
            backup.make()
            refs = site.kept()
            self.end(site)
            self.require_whole(backup.drill(), refs)

    def test_names_what_is_missing_damaged_or_without_a_sum(self):
        for site, backup in self.each_site():
            backup.make()
            missing, damaged, unproved, *_ = sorted(site.kept())
            os.remove(backup.path(missing))
            flip(backup.path(damaged))
            forget_sum(backup.blobs, backup.path(unproved))
            drill = backup.drill()
            self.assertEqual(drill.status, 1, drill.said)
            self.assertEqual([drill.refs(outcome) for outcome in ("missing", "damaged", "without a sum")], [{missing}, {damaged}, {unproved}])
            self.assertRegex(drill.verdict, f"^verdict: of {len(site.kept())} blobs 1 missing, 1 damaged, 1 without a sum; ")

    def test_tells_of_a_sum_that_another_contradicts(self):
        site, backup = self.site()
        backup.make()
        (ref, *_) = sorted(site.kept())
        with open(os.path.join(backup.blobs, ".nice-blobs/sums/other.sha256"), "w") as file:
            file.write(f"{'0' * 64}  {os.path.relpath(backup.path(ref), backup.blobs)}\n")
        self.assertEqual(backup.drill().refs("without a sum"), {ref})

    def test_a_copy_that_is_older_than_the_dump_misses_what_came_between(self):
        for site, backup in self.each_site():
            backup.make()
            before = site.kept()
            site.edit()
            site.archive()
            backup.make(NICE_BLOBS="true", VOLUME=self.empty_volume(), MAY_BE_EMPTY="yes")
            drill = backup.drill()
            self.assertEqual((drill.status, drill.refs("missing")), (1, site.kept() - before), drill.said)
            # The bucket has it still.
            backup.recall("--all")
            self.require_whole(backup.drill(), site.kept())

    def empty_volume(self):
        os.makedirs(self.at("nothing"), exist_ok=True)
        with open(self.at("nothing", ".layout"), "w") as file:
            file.write("bushy")
        return self.at("nothing")

    def test_an_empty_mount_point_is_no_volume(self):
        site, backup = self.site()
        os.mkdir(self.at("unmounted"))
        process = backup.start(VOLUME=self.at("unmounted"))
        said, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1)
        self.assertIn("is its file system mounted?", said)

    def test_a_dump_that_is_older_than_the_copy_finds_all_of_its_own_whatever_was_packed_since(self):
        for site, backup in self.each_site():
            backup.make()
            refs = site.kept()
            dumps = self.at(f"{site.kind}-dumps")
            shutil.copytree(backup.database, dumps)
            for _ in range(2):
                site.edit()
                site.archive()
                site.pack()
            # Without history nothing is left on the volume now.
            backup.make(MAY_BE_EMPTY="yes")
            shutil.rmtree(backup.database)
            shutil.move(dumps, backup.database)
            self.require_whole(backup.drill(), refs)

    def test_what_is_released_and_committed_between_dump_and_copy_is_not_missed(self):
        for site, backup in self.each_site():
            refs = site.kept()
            process = backup.start(**self.paused_after_dump())
            wait_for(self.at("dumped"), process)
            site.edit()
            site.archive()
            os.remove(self.at("dumped"))
            said, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, said)
            self.require_whole(backup.drill(), refs)

    def paused_after_dump(self):
        """rsync is what comes next; it waits until the mark is gone."""
        mark = self.at("dumped")
        return self.before_program("rsync", f'touch "{mark}"\nwhile [ -e "{mark}" ]; do sleep 0.05; done')

    def before_program(self, name, commands):
        os.makedirs(self.at("bin"), exist_ok=True)
        with open(self.at("bin", name), "w") as file:
            file.write(f'#!/bin/sh\n{commands}\nexec "{shutil.which(name)}" "$@"\n')
        os.chmod(file.name, 0o755)
        return {"PATH": f"{self.at('bin')}:{os.environ['PATH']}"}

    def test_a_lawn_stays_a_lawn_and_comes_back(self):
        site, backup = self.site("FileStorageLawn", lawn)
        backup.make()
        self.assertEqual(layout_of(backup.blobs), "lawn")
        refs = set(site.truth)
        self.end(site)
        self.require_whole(backup.drill(), refs)
        # A storage that needs more than one section is told how.
        conf = self.at("storage.conf")
        with open(conf, "w") as file:
            file.write("<blobstorage>\nblob-dir $(DRILL_BLOBS)\n<filestorage>\npath $(DRILL_DATA)\n</filestorage>\n</blobstorage>\n")
        self.require_whole(backup.drill("--conf", conf), refs)

    def test_a_copy_of_another_layout_than_the_volume_has_each_blob_in_one_of_them(self):
        site, backup = self.site("FileStorageLawn", lawn)
        backup.recall("--all")
        backup.make()
        self.assertEqual(layout_of(backup.blobs), "bushy")
        self.require_whole(backup.drill(), site.truth)

    def test_a_database_that_is_cut_off_or_damaged_is_no_restore(self):
        for site, backup in self.each_site():
            backup.make()
            (dump,) = [os.path.join(backup.database, name) for name in os.listdir(backup.database) if name.endswith((".fsz", ".sql.gz"))]
            os.truncate(dump, os.path.getsize(dump) // 2)
            drill = backup.drill()
            self.assertEqual(drill.status, 3, drill.said)
            self.assertRegex(drill.verdict, "^verdict: the database cannot be brought up")

    def test_a_database_without_blobs_is_no_proof(self):
        site, backup = self.site()
        backup.make()
        other = Backup(site, self.at("other-backup"))
        other.make(DATA_FS=self.make_other_database(), NICE_BLOBS="true")
        drill = other.drill()
        self.assertEqual(drill.status, 1, drill.said)
        self.assertIn("no blob in it", drill.verdict)

    def make_other_database(self):
        path = self.at("other.fs")
        DB(FileStorage(path)).close()
        return path

    def test_reaches_neither_network_nor_credentials(self):
        site, backup = self.site()
        backup.make()
        seen = self.at("seen")
        endpoint = stage().sandbox["bucket"]["endpoint"]
        host, port = endpoint.removeprefix("http://").split(":")
        socket.create_connection((host, int(port))).close()
        python = self.at("python")
        with open(python, "w") as file:
            file.write(f'#!/bin/bash\nenv > "{seen}"\nif (exec 3<>/dev/tcp/{host}/{port}) 2>/dev/null; then echo reached >> "{seen}"; fi\nexec "{PYTHON}" "$@"\n')
        os.chmod(python, 0o755)
        drill = backup.drill("--python", python, environment={"AWS_PROFILE": "production", "NICE_BLOBS_CONFIG": site.host.config})
        self.require_whole(drill, site.kept())
        with open(seen) as file:
            told = file.read()
        self.assertNotRegex(told, "AWS_|NICE_BLOBS|SECRET")
        if "network: none" in drill.said:
            self.assertNotIn("reached", told)

    def test_leaves_the_backup_and_the_scratch_directory_as_they_were(self):
        for site, backup in self.each_site():
            backup.make()
            before = tree_of(backup.directory)
            scratch = self.at(f"{site.kind}-scratch")
            os.mkdir(scratch)
            self.assertEqual(backup.drill("--scratch", scratch).status, 0)
            self.assertEqual((tree_of(backup.directory), os.listdir(scratch)), (before, []))


def lawn(name, blobs):
    return BlobStorage(blobs, FileStorage(f"{name}.fs"), layout="lawn")


def layout_of(directory):
    with open(os.path.join(directory, ".layout")) as file:
        return file.read().strip()


def flip(path):
    os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))


def forget_sum(copy, path):
    sums = os.path.join(copy, ".nice-blobs/sums")
    for name in os.listdir(sums):
        with open(os.path.join(sums, name)) as file:
            lines = [line for line in file if not line.endswith(f"  {os.path.relpath(path, copy)}\n")]
        with open(os.path.join(sums, name), "w") as file:
            file.writelines(lines)


def wait_for(path, process):
    while not os.path.exists(path):
        if process.poll() is not None:
            raise AssertionError(process.stdout.read())


def tree_of(directory):
    found = {}
    for path, _, names in os.walk(directory):
        for name in names:
            stats = os.lstat(os.path.join(path, name))
            found[os.path.join(path, name)] = stats.st_size, stats.st_mtime_ns, stats.st_mode
    return found
