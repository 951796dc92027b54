"""A process that has a database open as a zope.conf says, and does with it what it is told: lines of JSON, in and out."""

import atexit
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import traceback

HERE = os.path.abspath(__file__)


class Application:
    """`text` of its configuration, of which the section <zodb_db> is read."""

    def __init__(self, text, environment=None):
        self._process = subprocess.Popen(
            [sys.executable, HERE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        atexit.register(self._process.kill)
        self.ask("open", text=text)

    def ask(self, what, **words):
        self._process.stdin.write(json.dumps({"do": what, **words}) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline() or '{"error": "it has ended"}')
        if "error" in said:
            raise AssertionError(said["error"])
        return said["answer"]

    def write(self, name, seed, size):
        """A revision of the blob of that name, in a transaction of its own. Answers its ref."""
        return self.ask("write", name=name, seed=seed, size=size)

    def read(self):
        """What everybody sees now: the name of each blob -> SHA-256 of its bytes."""
        return self.ask("read")

    def revisions(self):
        """Each revision of a blob that the storage has: ref -> SHA-256 of its bytes."""
        return self.ask("revisions")

    def close(self):
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(60)


def bytes_of(seed, size):
    return random.Random(seed).randbytes(size)


class Obeying:
    def open(self, text):
        from ZODB.config import databaseFromString

        section = re.sub(r"<(/?)zodb_db( main)?>", r"<\1zodb\2>", text)
        self.db = databaseFromString(re.sub(r"^ *mount-point.*\n", "", section, flags=re.MULTILINE))
        self.connection = self.db.open()

    def write(self, name, seed, size):
        import transaction
        from ZODB.blob import Blob

        self.connection.sync()
        root = self.connection.root()
        if name not in root:
            root[name] = Blob()
        with root[name].open("w") as file:
            file.write(bytes_of(seed, size))
        transaction.commit()
        root[name]._p_activate()
        return f"{root[name]._p_oid.hex()}/{root[name]._p_serial.hex()}"

    def read(self):
        self.connection.sync()
        found = {}
        for name, blob in self.connection.root().items():
            with blob.open("r") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    def revisions(self):
        from ZODB.blob import is_blob_record

        storage, found = self.db.storage, {}
        if hasattr(storage, "new_instance"):  # which sees what was committed until now
            storage = storage.new_instance()
        for record in (record for made in storage.iterator() for record in made):
            if record.data is not None and is_blob_record(record.data):
                with storage.openCommittedBlobFile(record.oid, record.tid) as file:
                    found[f"{record.oid.hex()}/{record.tid.hex()}"] = hashlib.file_digest(file, "sha256").hexdigest()
        if storage is not self.db.storage:
            storage.release()
        return found

    def begin_reading(self, name):
        self.connection.sync()
        self.reading = self.connection.root()[name].open("r")
        self.begun = hashlib.sha256(self.reading.read(1 << 16))
        # Nor does this host remember the rest of it.
        os.posix_fadvise(self.reading.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def end_reading(self):
        """SHA-256 of all that was read."""
        with self.reading as file:
            while part := file.read(1 << 20):
                self.begun.update(part)
        return self.begun.hexdigest()

    def undo(self):
        """The last transaction."""
        import transaction

        self.db.undo(self.db.undoLog(0, 1)[0]["id"])
        transaction.commit()

    def pack(self):
        self.db.pack()

    def size(self):
        return self.db.storage.getSize()


def obey():
    obeying = Obeying()
    # Libraries may print.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        words = json.loads(line)
        try:
            said = {"answer": getattr(obeying, words.pop("do"))(**words)}
        except BaseException:
            said = {"error": traceback.format_exc()}
        print(json.dumps(said), file=answers, flush=True)
    obeying.db.close()


if __name__ == "__main__":
    obey()
