"""Who is compared: plain FileStorage, what nice_blobs makes of it, and zodb-s3blobs around it, each as ZConfig opens it."""

import hashlib
import os
import time

import ZODB.config
from persistent.list import PersistentList
from transaction import TransactionManager
from ZODB.blob import Blob

from stage import Host

FILE_STORAGE = "<filestorage>\n path {at}/Data.fs\n {blobs}\n</filestorage>"
NICE_BLOBS = "%import nice_blobs\n<zodb>\n<niceblobs>\n config {config}\n archive-on-commit {through}\n{base}\n</niceblobs>\n</zodb>"
S3_BLOBS = (
    "%import zodb_s3blobs\n<zodb>\n<s3blobstorage>\n bucket-name {name}\n s3-prefix {prefix}\n s3-endpoint-url {endpoint}\n s3-region {region}\n"
    " s3-addressing-style path\n cache-dir {at}/cache\n cache-size 10GB\n{base}\n</s3blobstorage>\n</zodb>"
)


class Peer:
    """`cache`: where it keeps on this host what is in the bucket; `host`: ours, whose archiver has that left `to_do`."""

    def __init__(self, name, text, cache=None, host=None, to_do=None):
        self.name, self.cache, self.host, self.to_do = name, cache, host, to_do
        self.database = ZODB.config.databaseFromString(text)
        # Two requests, as it were: one writes, and another one reads.
        self.writer, self.reader = (self.database.open(TransactionManager()) for _ in range(2))
        self.digests = {}

    def commit(self, count, size):
        contents = [os.urandom(size) for _ in range(count)]
        blobs = self.writer.root()["blobs"] = PersistentList(Blob(content) for content in contents)
        os.sync()  # so that nobody's commit waits for what was written before it
        start = time.perf_counter()
        self.writer.transaction_manager.commit()
        took = time.perf_counter() - start
        oids = [blob._p_oid for blob in blobs]
        self.digests.update(zip(oids, (hashlib.sha256(content).digest() for content in contents)))
        return took, oids

    def read(self, oid):
        self.reader.transaction_manager.begin()
        blob = self.reader.get(oid)
        blob._p_deactivate()
        start = time.perf_counter()
        with blob.open("r") as file:
            content = file.read()
        took = time.perf_counter() - start
        assert hashlib.sha256(content).digest() == self.digests[oid], f"{self.name} reads something else"
        return took

    def leave_to_bucket(self):
        """No blob stays on this host."""
        if self.host:
            assert set(self.host.archive(release=True)) == self.to_do
            assert not files(f"{self.host.directory}/blobs")
        for path in files(self.cache):
            os.remove(path)


def files(directory):
    return [os.path.join(path, name) for path, _, names in os.walk(directory) for name in names if name.endswith(".blob")]


def peers(at, bucket, index):
    def base(name, blobs):
        os.makedirs(f"{at}/{name}")
        return FILE_STORAGE.format(at=f"{at}/{name}", blobs=blobs and f"blob-dir {at}/{name}/blobs")

    def nice_blobs(name, title, through, to_do):
        inner = base(name, blobs=True)
        host = Host(f"{at}/{name}", {"blobs": f"{at}/{name}/blobs"}, "10GB", f"{os.path.basename(at)}-{name}", bucket=bucket, index=index)
        host.start()
        return Peer(title, NICE_BLOBS.format(config=host.config, through=through, base=inner), f"{at}/{name}/cache/v1", host, to_do)

    yield Peer("FileStorage", f"<zodb>\n{base('plain', blobs=True)}\n</zodb>")
    yield nice_blobs("wrapped", "niceblobs", "no", {"archived", "released"})
    yield nice_blobs("through", "niceblobs, archive-on-commit", "yes", {"released"})
    s3_blobs = S3_BLOBS.format(at=f"{at}/s3blobs", prefix=os.path.basename(at), base=base("s3blobs", blobs=""), **bucket)
    yield Peer("zodb-s3blobs", s3_blobs, f"{at}/s3blobs/cache")
