"""Opens every blob of a restored database and compares it with its sum: what restore-drill.sh does once the database is up. Needs ZODB alone."""

import collections
import contextlib
import glob
import hashlib
import logging
import os
import re
import sys
import time

import ZODB.config
from ZODB.blob import BushyLayout, LawnLayout, is_blob_record
from ZODB.interfaces import IMVCCStorage
from ZODB.POSException import POSKeyError
from ZODB.TimeStamp import TimeStamp
from ZODB.utils import z64

SUM = re.compile(r"([0-9a-f]{64})  (\S+)\n")
BUSHY, LAWN = BushyLayout(), LawnLayout()
CHUNK = 2**20
UNITS = {"d": 86400, "h": 3600}  # in seconds


class Copy:
    """A directory of blobs with their sums, in ZODB's layouts or by their keys in the bucket."""

    def __init__(self, directory):
        self._directory = directory
        self._sums = {}
        for path in glob.glob(os.path.join(directory, ".nice-blobs/sums/*.sha256")):
            try:
                with open(path, errors="replace") as lines:
                    self._read(lines)
            except OSError as error:
                print(f"unreadable sums: {error}")

    def _read(self, lines):
        for line in lines:
            if match := SUM.fullmatch(line):
                sha256, path = bytes.fromhex(match[1]), match[2]
                # One that is contradicted proves nothing.
                self._sums[path] = sha256 if self._sums.get(path, sha256) == sha256 else None

    def __len__(self):
        return len(self._sums)

    def find(self, oid, tid):
        """The path of each file of a blob, and its SHA-256; None for a sum that is not known."""
        for name in (BUSHY.getBlobFilePath(oid, tid), LAWN.getBlobFilePath(oid, tid), f"{oid.hex()}/{tid.hex()}"):
            path = os.path.join(self._directory, name)
            if os.path.isfile(path):
                yield path, self._sums.get(name)


class Drill:
    def __init__(self, storage, copies, blobs):
        self._storage, self._copies, self._blobs = storage, copies, blobs
        self.tally = collections.Counter()

    def check(self, oid, tid):
        found = [known for copy in self._copies for known in copy.find(oid, tid)]
        sums = {sha256 for _, sha256 in found if sha256}
        # Copies that contradict each other prove nothing.
        sha256 = sums.pop() if len(sums) == 1 else None
        outcome = "missing"
        for path, _ in found:
            outcome = self._compare(path, oid, tid, sha256)
            if outcome == "whole":
                break
        self.tally[outcome] += 1
        if outcome != "whole":
            print(f"{outcome}: {oid.hex()}/{tid.hex()}, committed {TimeStamp(tid)} UTC")

    def _compare(self, path, oid, tid, sha256):
        try:
            self._put_in_place(path, oid, tid)
            with unchanged_times(path), self._storage.openCommittedBlobFile(oid, tid) as file:
                digest = self._hash(file)
        except (OSError, POSKeyError) as error:
            print(f"{path}: {error}")
            return "unreadable"
        if sha256 is None:
            return "without a sum"
        return "whole" if digest == sha256 else "damaged"

    def _put_in_place(self, path, oid, tid):
        """A link is enough to open it, and leaves the backup as it is."""
        place = os.path.join(self._blobs, BUSHY.getBlobFilePath(oid, tid))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.remove(place)
        os.symlink(os.path.abspath(path), place)

    def _hash(self, file):
        sha256 = hashlib.sha256()
        while chunk := file.read(CHUNK):
            sha256.update(chunk)
            self.tally["bytes"] += len(chunk)
        return sha256.digest()


@contextlib.contextmanager
def unchanged_times(path):
    """RelStorage sets those of what it opens, by which rclone knows a file again."""
    before = os.stat(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def blobs_of(storage):
    """The oid and the tid of each revision that is a blob; raises Damaged when the storage does not come to its end."""
    last, reached = storage.lastTransaction(), z64
    for transaction in storage.iterator():
        reached = max(reached, transaction.tid)
        for record in transaction:
            if record.data and is_blob_record(record.data):
                yield record.oid, record.tid
    if reached != last:
        raise Damaged(f"it ends at {TimeStamp(reached)}, and not at {TimeStamp(last)}")


class Dump:
    """What the database was brought up from."""

    def __init__(self, path, last):
        self._path, self._last = path, TimeStamp(last)

    def __str__(self):
        return f"{self._path}, until {self._last} UTC"

    def is_older(self, seconds):
        # By its time as well: a clock that once was ahead leaves transactions of the future.
        return time.time() - min(self._last.timeTime(), os.path.getmtime(self._path)) > seconds


class Damaged(Exception):
    """Of the database itself."""


class Complaints(logging.Handler):
    """FileStorage goes on after a damaged record, and says so in its log alone."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


def drill(conf, directories, path, within):
    """
    Prints what it finds; answers the verdict and the exit status.

    The database comes from the dump `path`, which may be as old as `within` (2d, 36h), or as it likes where that is empty.
    """
    complaints = Complaints()
    logging.getLogger("ZODB").addHandler(complaints)
    try:
        with open(conf) as file:
            storage = ZODB.config.storageFromFile(file)
        db = ZODB.DB(storage)
        with db.transaction() as connection:
            connection.root()
        view = storage.new_instance() if IMVCCStorage.providedBy(storage) else storage
        dump = Dump(path, view.lastTransaction())
        print(f"database: {dump}")
        run = Drill(storage, [Copy(directory) for directory in directories], os.environ["DRILL_BLOBS"])
        for oid, tid in blobs_of(view):
            run.check(oid, tid)
        db.close()
    except Exception as error:
        return f"the database cannot be brought up: {path}: {type(error).__name__}: {error}", 3
    if complaints.lines:
        return f"the database is damaged: {path}: {complaints.lines[0]}", 3
    verdict, status = judge(run.tally)
    if within and dump.is_older(int(within[:-1]) * UNITS[within[-1]]):
        return f"{verdict}; but the database is older than {within}: {dump}", 1
    return f"{verdict}; the database is {dump}", status


def judge(tally):
    wrong = {outcome: tally[outcome] for outcome in ("missing", "damaged", "unreadable", "without a sum") if tally[outcome]}
    count = sum(wrong.values()) + tally["whole"]
    if wrong:
        return f"of {count} blobs " + ", ".join(f"{number} {outcome}" for outcome, number in wrong.items()), 1
    if not count:
        return "no blob in it: is this the database, and is its storage more than one section (--conf)?", 1
    return f"all {count} blobs are there, byte for byte ({tally['bytes']} bytes)", 0


if __name__ == "__main__":
    verdict, status = drill(sys.argv[1], sys.argv[2:], os.environ["DRILL_DUMP"], os.environ["DRILL_WITHIN"])
    print(f"verdict: {verdict}")
    sys.exit(status)
