"""A site with real pictures that is edited, archived, packed and reported as sites are, and what it must still have."""

import glob
import hashlib
import itertools
import os
import subprocess
import sys
import time

import transaction
from ZODB.blob import Blob, is_blob_record

import storages
from stage import ROOT

PICTURES = sorted(glob.glob(os.path.join(ROOT, "test/fixtures/blobs/**/*.blob"), recursive=True))


class Site:
    def __init__(self, case, kind, open_storage):
        self.case, self.kind, self._open_storage = case, kind, open_storage
        self.directory = case.at(kind)
        os.mkdir(self.directory)
        self.name, self.blobs = os.path.join(self.directory, "data"), os.path.join(self.directory, "blobs")
        self.host = case.host(kind, volumes={"blobs": self.blobs})
        self.truth = {}  # ref -> the hash of what its file once was
        self._pictures = itertools.cycle(PICTURES)
        self._numbers = itertools.count()
        self.open()

    def open(self):
        self.db = self.case.open(self.case.wrap(self._open_storage(self.name, self.blobs), self.host, wait_for_agent=5))

    def close(self):
        transaction.abort()
        self.db.close()

    # What editors do

    def edit(self):
        """New pictures, new versions of some, one that is undone, and some deleted; whatever becomes of the files is in `truth`."""
        connection = self.db.open()
        root = connection.root()
        for _ in range(5):
            self._store(root, f"picture {next(self._numbers)}")
            transaction.commit()
        pictures = sorted(name for name in root if name.startswith("picture"))
        for name in pictures[:3]:
            self._store(root, name)
        transaction.commit()
        if self.undoes():
            self._store(root, pictures[0])
            transaction.commit()
            self.db.undo(self.db.undoLog(0, 1)[0]["id"])
            transaction.commit()
            connection.sync()
        del root[pictures[-1]], root[pictures[3]]
        transaction.commit()
        connection.close()
        self._remember_files()

    def undoes(self):
        return self.db.supportsUndo()

    def touch(self):
        """A transaction without blobs."""
        with self.db.transaction() as connection:
            connection.root()["touched"] = next(self._numbers)

    def _store(self, root, name):
        if name not in root:
            root[name] = Blob()
        with root[name].open("w") as file, open(next(self._pictures), "rb") as picture:
            file.write(picture.read())

    def _remember_files(self):
        helper = self.db.storage.fshelper
        for oid, directory in helper.listOIDs():
            for file in os.listdir(directory):
                if file.endswith(".blob"):
                    ref = oid, bytes.fromhex(file[2:18])
                    with open(os.path.join(directory, file), "rb") as blob:
                        self.truth[ref] = hashlib.sha256(blob.read()).digest()

    # What operators do

    def archive(self):
        self.host.archive(release=True)

    def pack(self):
        """By the database's own tool."""
        if self.kind.startswith("FileStorage"):
            self.db.pack(time.time() + 1)
            return
        with open(os.path.join(self.directory, "pack.conf"), "w") as file:
            file.write(self.section())
        words = [sys.executable, "-m", "relstorage.zodbpack", "--days=-1", file.name]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)

    def report(self):
        """By hand."""
        with open(os.path.join(self.directory, "report.conf"), "w") as file:
            file.write(self.section())
        subprocess.run([sys.executable, "-m", "nice_blobs.live_report", file.name], check=True, stdout=subprocess.DEVNULL)

    def section(self):
        if self.kind.startswith("FileStorage"):
            inner = f"<filestorage>\npath {self.name}.fs\nblob-dir {self.blobs}\n</filestorage>"
        else:
            keep = "no" if self.kind.startswith("HistoryFree") else "yes"
            source = storages.postgresql_source(self.name)
            inner = (
                f"<relstorage>\nblob-dir {self.blobs}\nshared-blob-dir yes\nkeep-history {keep}\n"
                f"<postgresql>\ndsn {source}\n</postgresql>\n</relstorage>"
            )
        return f"%import nice_blobs\n%import relstorage\n<niceblobs>\nconfig {self.host.config}\nwait-for-agent 5s\n{inner}\n</niceblobs>\n"

    def backup(self, path):
        storages.backup(self.kind, self.name, path)

    def restore(self, path):
        """The site is closed before and open after."""
        storages.restore(self.kind, self.name, path)
        self.open()

    # What must be there

    def kept(self):
        """The refs of all blobs of all revisions that the database keeps."""
        iterator = self.db.storage.new_instance().iterator() if hasattr(self.db.storage, "new_instance") else self.db.storage.iterator()
        return {(record.oid, record.tid) for txn in iterator for record in txn if record.data and is_blob_record(record.data)}

    def unreadable(self):
        """Those of them that the wrapper does not find, or finds otherwise than they were; everything comes from the bucket again."""
        for file in self.case.files(os.path.join(self.host.directory, "cache")):
            os.remove(file)
        return {ref for ref in self.kept() if hash_of(self.db.storage.loadBlob(*ref)) != self.truth[ref]}


def hash_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()
