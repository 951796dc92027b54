"""Make test/fixtures/blobs: blob directories as ZODB and ZEO write them.

The tests are only worth something if the names, the layouts and the marker
files come from ZODB itself, so this commits real transactions, with the clock
turned to the dates in contents.py: a transaction id is a time, and a site's
blobs have collected over years. The same versions (requirements.txt) give the
same bytes each time. How to run it: test/fixtures/PROVENANCE.md.
"""

import argparse
import hashlib
import json
import os
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

import transaction
import ZEO
from BTrees.OOBTree import OOBTree
from persistent.mapping import PersistentMapping
from ZEO.ClientStorage import ClientStorage
from ZODB import DB
from ZODB.blob import Blob, BlobStorage, is_blob_record
from ZODB.FileStorage import FileStorage
from ZODB.utils import p64

import contents
import make_vectors
import sources

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "test" / "fixtures"
DOWNLOADS = REPOSITORY / ".work" / "sources"
TREES = {  # layout: what is in it, and how many objects a day its site makes
    "bushy": (contents.BUSHY, 700),
    "lawn": (contents.LAWN, 5),
}
LEFTOVERS = shutil.ignore_patterns("Data.fs.*", "tmp")


def seconds(when):
    moment = datetime.fromisoformat(when).replace(tzinfo=timezone.utc)
    return moment.timestamp()


def open_storage(directory, layout, **options):
    """Open Data.fs with its blobs; `lawn` has to be asked for explicitly."""
    path, blobs = str(directory / "Data.fs"), str(directory / "blobstorage")
    if layout == "bushy":
        return FileStorage(path, blob_dir=blobs, **options)
    return BlobStorage(blobs, FileStorage(path, **options), layout=layout)


def fill(directory, layout, downloads):
    """Store all items, one transaction a date, with ZODB's clock at it."""
    items, a_day = TREES[layout]
    opening = seconds("2012-01-01T00:00:00")
    dates = sorted({r.when for item in items for r in item.revisions})
    with mock.patch("time.time", return_value=opening) as clock:
        storage = open_storage(directory, layout)
        db = DB(storage)
        connection = db.open()
        documents = connection.root()["documents"] = OOBTree()
        transaction.commit()
        for when in dates:
            clock.return_value = seconds(when)
            # The oids between belong to all the objects without a blob.
            days = (seconds(when) - opening) / 86400
            storage.set_max_oid(p64(int(days * a_day)))
            for item in items:
                for revision in item.revisions:
                    if revision.when == when:
                        store(documents, item,
                              sources.content(item, revision, downloads))
            transaction.commit()
        connection.close()
        db.close()


def store(documents, item, data):
    """Write a blob; classes of our own would not open on another machine."""
    if item.title not in documents:
        documents[item.title] = PersistentMapping({
            "title": item.title, "filename": item.filename,
            "contentType": item.content_type, "blob": Blob()})
    with documents[item.title]["blob"].open("w") as file:
        file.write(data)


def describe(directory, layout):
    """Return what the tree holds, after checking it against its Data.fs."""
    storage = open_storage(directory, layout, read_only=True)
    db = DB(storage)
    connection = db.open()
    documents, found = connection.root()["documents"], []
    owners = {d["blob"]._p_oid: d for d in documents.values()}
    for stored in storage.iterator():
        for record in stored:
            if is_blob_record(record.data):
                path = storage.loadBlob(record.oid, record.tid)
                found.append(entry(owners[record.oid], record.oid, record.tid,
                                   Path(path), directory / "blobstorage"))
    check_names(directory / "blobstorage", found)
    for document in documents.values():
        with document["blob"].open("r") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        newest = max((b for b in found if b["title"] == document["title"]),
                     key=lambda b: b["tid"])
        assert newest["sha256"] == digest, document["title"]
    connection.close()
    db.close()
    return sorted(found, key=lambda b: b["path"])


def check_names(base, found):
    """Make sure that no blob lies there which the truth would not name."""
    names = {p.relative_to(base).as_posix() for p in base.rglob("*.blob")}
    assert names == {blob["path"] for blob in found}


def entry(document, oid, tid, path, base):
    data = path.read_bytes()
    return {
        "oid": oid.hex(), "tid": tid.hex(),
        "path": path.relative_to(base).as_posix(),
        "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "title": document["title"], "filename": document["filename"],
        "contentType": document["contentType"],
    }


def fill_cache(cache, bushy, truth):
    """Open blobs through a ZEO server, so that its client caches them."""
    address, stop = ZEO.server(str(bushy / "Data.fs"),
                               str(bushy / "blobstorage"))
    # A lock file names the process, which would differ with each run.
    with mock.patch("zc.lockfile.os.getpid", return_value=4711):
        client = ClientStorage(
            address, blob_dir=str(cache), shared_blob_dir=False,
            blob_cache_size=10**8, wait_timeout=30)
        db, found = DB(client), []
        for title, number in contents.CACHED:
            known = sorted((b for b in truth if b["title"] == title),
                           key=lambda b: b["tid"])[number]
            oid, tid = (bytes.fromhex(known[key]) for key in ("oid", "tid"))
            connection = db.open(at=tid)  # as the site was at that time
            document = connection.root()["documents"][title]
            with document["blob"].open("r") as file:
                path = Path(file.name)
            found.append(entry(document, oid, tid, path, cache))
            assert found[-1]["sha256"] == known["sha256"], title
            connection.close()
        db.close()
    stop()
    check_names(cache, found)
    return sorted(found, key=lambda b: b["path"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--downloads", type=Path, default=DOWNLOADS)
    parser.add_argument("--output", type=Path, default=FIXTURES)
    options = parser.parse_args()
    blobs, trees = options.output / "blobs", {}
    shutil.rmtree(blobs, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for layout in TREES:
            (scratch / layout).mkdir()
            fill(scratch / layout, layout, options.downloads)
            trees[layout] = {
                "directory": f"{layout}/blobstorage", "layout": layout,
                "blobs": describe(scratch / layout, layout)}
        cache = scratch / "zeocache" / "blobcache"
        trees["zeocache"] = {
            "directory": "zeocache/blobcache", "layout": "zeocache",
            "blobs": fill_cache(cache, scratch / "bushy",
                                trees["bushy"]["blobs"])}
        shutil.copytree(scratch, blobs, ignore=LEFTOVERS)
    # ZODB takes away the right to write, and git would not keep that.
    for path in [blobs, *blobs.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    truth = {"formatVersion": 1, "trees": trees}
    vectors = make_vectors.vectors()
    for path, data in ((blobs / "truth.json", truth),
                       (options.output / "paths.json", vectors)):
        text = json.dumps(data, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
