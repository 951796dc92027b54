"""Tells which revisions of blobs a database keeps that are not among the keys on standard input.

A line for each: the ref, then the ref of what it was set back to, where it comes of an undo and the storage knows, then with
--volume where its file belongs.
"""

import argparse
import os
import re
import sys

from ZODB.blob import FilesystemHelper, is_blob_record

from nice_blobs.sources import find_sources

# Of nice-blobs and of both predecessors, at the end of a line of `aws s3 ls --recursive`.
KEY = re.compile(r"(?:^|[\s/])(?:([0-9a-f]{1,16})/([0-9a-f]{1,16})(?:\.blob)?|([0-9a-f]{16})([0-9a-f]{16})\.blob)$")


def main(words=None):
    """Answers the exit status: 1 where something is missing, 2 where nobody can tell."""
    options = _parser().parse_args(words)
    sources = [source for source in find_sources(options.conf) if options.storage in (None, source.name)]
    if len(sources) != 1:
        print(f"{options.conf}: choose one of its storages by --storage", file=sys.stderr)
        return 2
    there = {(int(oid, 16), int(tid, 16)) for oid, tid in _refs(sys.stdin)}
    if not there:
        print("no key of a blob on standard input: did the listing fail, or list something else?", file=sys.stderr)
        return 2
    helper = options.volume and FilesystemHelper(options.volume)
    storage = sources[0].open()
    missing = 0
    for record in _not_among(there, storage):
        path = helper and helper.getBlobFilename(record.oid, record.tid)
        if path and os.path.exists(path):
            continue
        missing += 1
        # FileStorage has a pointer to it in the place of the data.
        undone = _ref(record.oid, record.data_txn) if record.data_txn else "-"
        print(_ref(record.oid, record.tid), undone, path or "-")
    storage.close()
    print(f"missing: {missing}", file=sys.stderr)
    return 1 if missing else 0


def _parser():
    parser = argparse.ArgumentParser("missing_blobs.py", description=__doc__)
    parser.add_argument("conf", help="a configuration of Zope, ZODB or ZEO; its storage is opened to be read alone")
    parser.add_argument("--storage", metavar="NAME", help="which of its storages, where it has several")
    parser.add_argument("--volume", metavar="DIRECTORY", help="the blob directory: what is in it is not missing")
    return parser


def _refs(lines):
    for line in lines:
        if found := KEY.search(line.rstrip()):
            yield found[1] or found[3], found[2] or found[4]


def _not_among(there, storage):
    for transaction in storage.iterator():
        for record in transaction:
            ref = int.from_bytes(record.oid, "big"), int.from_bytes(record.tid, "big")
            if record.data and is_blob_record(record.data) and ref not in there:
                yield record


def _ref(oid, tid):
    return f"{oid.hex()}/{tid.hex()}"


if __name__ == "__main__":
    sys.exit(main())
