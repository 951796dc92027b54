"""Reads every blob of a conversion's source and destination, as `zodbconvert` was given them, and compares the bytes.

zodbconvert passes over a blob whose file is not there, and ends with the status 0 all the same; so it is this that tells whether
anything was left behind. Both may be in use. Status 0: every revision is there, with the same bytes; 1: those that are told are not.
"""

import hashlib
import io
import sys

import ZConfig
from relstorage.zodbconvert import schema_xml
from ZODB.blob import is_blob_record
from ZODB.POSException import POSKeyError

MIB = 1 << 20


def main(path):
    config, _ = ZConfig.loadConfig(ZConfig.loadSchemaFile(io.StringIO(schema_xml)), path)
    source, destination = config.source.open(), config.destination.open()
    try:
        blobs = differences = 0
        for oid, tid in blobs_of(source):
            blobs += 1
            found = digest(source, oid, tid), digest(destination, oid, tid)
            if None in found or found[0] != found[1]:
                differences += 1
                print(f"{oid.hex()}/{tid.hex()}: {tell(*found)}")
    finally:
        source.close()
        destination.close()
    print(f"{blobs} blobs compared, {differences} differ")
    return 1 if differences else 0


def blobs_of(storage):
    for transaction in storage.iterator():
        for record in transaction:
            if record.data is not None and is_blob_record(record.data):
                yield record.oid, record.tid


def digest(storage, oid, tid):
    """None where the storage has no such blob; RelStorage on PostgreSQL asserts that it has."""
    try:
        file = storage.openCommittedBlobFile(oid, tid)
    except (POSKeyError, AssertionError):
        return None
    digest = hashlib.sha256()
    with file:
        while part := file.read(MIB):
            digest.update(part)
    return digest.digest()


def tell(source, destination):
    if source is None:
        return "no file in either" if destination is None else "the source has none"
    return "the destination has none" if destination is None else "other bytes"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
