"""Speeds of the storage wrapper beside what else there is, in one run on one machine; only the ratios count (docs/zodb.md)."""

import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time

import transaction
import ZEO
import ZODB
from ZODB.blob import Blob
from ZODB.FileStorage import FileStorage

import multiprocessing
import storages
from nice_blobs import NiceBlobsStorage, Settings
from stage import Host, stage

BLOBS, SIZE, ROUNDS = 100, 64 * 1024, 5
HERE = tempfile.mkdtemp(prefix="nice-blobs-bench-")
fork = multiprocessing.get_context("fork")


def at(*names):
    return os.path.join(HERE, *names)


def plant(storage):
    """Answers the refs of as many blobs as are measured."""
    db = ZODB.DB(storage)
    root = db.open().root()
    for number in range(BLOBS):
        root[number] = Blob(os.urandom(SIZE))
    transaction.commit()
    refs = []
    for number in range(BLOBS):
        root[number]._p_activate()
        refs.append((root[number]._p_oid, root[number]._p_serial))
    return db, refs


def wrapped(name, **options):
    host = Host(at(name), {"blobs": at(name, "blobs")}, database=name)
    host.start()
    base = FileStorage(at(name, "Data.fs"), blob_dir=at(name, "blobs"))
    return host, NiceBlobsStorage(base, Settings.load(host.config, **options))


@contextlib.contextmanager
def timed(times, name):
    start = time.perf_counter()
    yield
    times.setdefault(name, []).append(time.perf_counter() - start)


def read_all(storage, refs):
    for ref in refs:
        with storage.openCommittedBlobFile(*ref) as file:
            file.read()


def show(title, times, count, first):
    print(f"\n{title}")
    base = statistics.median(times[first])
    for name, some in times.items():
        median = statistics.median(some)
        print(f"  {name:34} {median / count * 1e6:9.1f} us   {median / base:6.2f} x   ({len(some)} rounds)")


def empty(directory):
    """Removes the blobs of a cache, as eviction does."""
    for path, _, names in os.walk(directory):
        for name in names:
            if name.endswith(".blob"):
                os.remove(os.path.join(path, name))


def peers():
    """name -> (storage, refs, the directory of its cache); all opened before anything is measured."""
    bare = FileStorage(at("bare.fs"), blob_dir=at("bare"))
    _, refs = plant(bare)
    yield "FileStorage, shared directory", bare, refs, None
    host, local = wrapped("local")
    _, refs = plant(local)
    yield "niceblobs, in the volume", local, refs, None
    host, released = wrapped("released")
    _, refs = plant(released)
    host.archive(release=True)
    yield "niceblobs, in the bucket", released, refs, at("released", "cache", "v1")
    address, _stop = ZEO.server(storage_conf=f"<filestorage 1>\npath {at('zeo.fs')}\nblob-dir {at('zeo')}\n</filestorage>")
    client = ZEO.client(address, blob_dir=at("zeo-cache"))
    _, refs = plant(client)
    yield "ZEO, blob cache", client, refs, at("zeo-cache")
    rel = storages.relstorage_postgresql(at("rel"), at("rel-cache"), shared=False)
    db, refs = plant(rel)
    yield "RelStorage, blobs in PostgreSQL", rel, refs, at("rel-cache")
    yield from s3blobs()


def s3blobs():
    try:
        from zodb_s3blobs.cache import S3BlobCache
        from zodb_s3blobs.s3client import S3Client
        from zodb_s3blobs.storage import S3BlobStorage
    except ImportError as error:
        print(f"zodb-s3blobs is not measured: {error}")
        return
    os.environ.update(stage().credentials, AWS_REQUEST_CHECKSUM_CALCULATION="when_required", AWS_RESPONSE_CHECKSUM_VALIDATION="when_required")
    bucket = stage().sandbox["bucket"]
    client = S3Client(
        bucket_name=bucket["name"], prefix="s3blobs", endpoint_url=bucket["endpoint"], region_name=bucket["region"], addressing_style="path"
    )
    storage = S3BlobStorage(FileStorage(at("s3.fs")), client, S3BlobCache(at("s3-cache"), 10**9), at("s3-temp"))
    _, refs = plant(storage)
    yield "zodb-s3blobs", storage, refs, at("s3-cache")


def measure_hits(everybody):
    find, read = {}, {}
    for name, storage, refs, _ in everybody:
        read_all(storage, refs)
    for _ in range(4 * ROUNDS):
        for name, storage, refs, _ in everybody:
            with timed(find, name):
                for ref in refs:
                    storage.loadBlob(*ref)
            with timed(read, name):
                read_all(storage, refs)
    show("A hit: loadBlob", find, BLOBS, everybody[0][0])
    show(f"A hit: opened and read, {SIZE // 1024} KiB", read, BLOBS, everybody[0][0])


def measure_misses(everybody):
    times = {}
    cached = [peer for peer in everybody if peer[3]]
    for _ in range(ROUNDS):
        for name, storage, refs, cache in cached:
            empty(cache)
            with timed(times, name):
                read_all(storage, refs)
    show("A miss, one after the other", times, BLOBS, cached[0][0])


def measure_cold_start():
    """Eight processes ask for the same blobs at the same moment."""
    host = Host(at("cold"), {"blobs": at("cold", "blobs")}, database="cold")
    host.start()
    base = FileStorage(at("cold", "Data.fs"), blob_dir=at("cold", "blobs"))
    db, refs = plant(NiceBlobsStorage(base, Settings.load(host.config)))
    db.close()
    host.archive(release=True)
    address, stop = ZEO.server(storage_conf=f"<filestorage 1>\npath {at('cold-zeo.fs')}\nblob-dir {at('cold-zeo')}\n</filestorage>")
    db, zeo_refs = plant(ZEO.client(address, blob_dir=at("cold-zeo-cache")))
    db.close()

    def open_niceblobs():
        base = FileStorage(at("cold", "Data.fs"), blob_dir=at("cold", "blobs"), read_only=True)
        return NiceBlobsStorage(base, Settings.load(host.config)), refs

    def open_zeo():
        return ZEO.client(address, blob_dir=at("cold-zeo-cache")), zeo_refs

    times = {}
    before = host.downloads()
    for _ in range(3):
        for name, open_storage, cache in (
            ("ZEO, blob cache", open_zeo, at("cold-zeo-cache")),
            ("niceblobs", open_niceblobs, at("cold", "cache", "v1")),
        ):
            empty(cache)
            start = fork.Barrier(9)
            workers = [fork.Process(target=read_when, args=(open_storage, start)) for _ in range(8)]
            for worker in workers:
                worker.start()
            start.wait()
            with timed(times, name):
                for worker in workers:
                    worker.join()
            assert all(worker.exitcode == 0 for worker in workers)
    show("Eight processes, all cold, each blob by each", times, 8 * BLOBS, "ZEO, blob cache")
    print(f"  niceblobs: {(host.downloads() - before) / 3:.0f} downloads for {BLOBS} blobs")
    stop()


def read_when(open_storage, start):
    storage, refs = open_storage()
    start.wait()
    read_all(storage, refs)
    os._exit(0)


def measure_agent(released):
    _, storage, refs, _ = released
    path = storage._agent.path
    samples = []
    for ref in refs * 20:
        start = time.perf_counter()
        path(*ref)
        samples.append(time.perf_counter() - start)
    print(f"\nA path asked of the agent\n  p50 {statistics.median(samples) * 1e6:.0f} us, p99 {statistics.quantiles(samples, n=100)[98] * 1e6:.0f} us")


def measure_commits():
    """What writing through costs; for as long the commit lock is held."""
    for size in SIZE, 10 * 2**20:
        times = {}
        stores = {}
        for name, options in (("committed", {}), ("committed and written through", {"archive_on_commit": True})):
            _, storage = wrapped(f"{'through' if options else 'plain'}-{size}", **options)
            stores[name] = ZODB.DB(storage).open()
        for turn in range(8):
            for name, connection in stores.items():
                connection.root()[turn] = Blob(os.urandom(size))
                with timed(times, name):
                    transaction.commit()
        show(f"A commit of one blob of {size // 1024} KiB", times, 1, "committed")


def main():
    everybody = list(peers())
    print(f"Python {sys.version.split()[0]}, ZODB {__import__('importlib.metadata').metadata.version('ZODB')}, {BLOBS} blobs of {SIZE // 1024} KiB, {os.cpu_count()} cores")
    measure_hits(everybody)
    measure_agent(next(peer for peer in everybody if peer[0] == "niceblobs, in the bucket"))
    measure_misses(everybody)
    measure_commits()
    measure_cold_start()


try:
    main()
finally:
    shutil.rmtree(HERE, ignore_errors=True)
os._exit(0)
