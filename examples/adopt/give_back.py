"""Uploads what a blob directory has and the bucket of zodb-s3blobs (1.2) has not, so that it can be gone back to (docs/migration.md)."""

import argparse
import os
import sys

from nice_blobs.sources import find_sources
from ZODB.blob import FilesystemHelper


def main(words=None):
    """Answers the exit status."""
    parser = argparse.ArgumentParser("give_back.py", description=__doc__)
    parser.add_argument("conf", help="a configuration with the section <s3blobstorage>; its storage is opened to be read alone")
    parser.add_argument("directory", help="the blob directory")
    options = parser.parse_args(words)
    (source,) = find_sources(options.conf)
    storage = source.open()
    uploaded = sum(_give(storage, *blob) for blob in _blobs(FilesystemHelper(options.directory)))
    storage.close()
    print(f"uploaded: {uploaded}")
    return 0


def _blobs(helper):
    for oid, directory in helper.listOIDs():
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            _, tid = helper.splitBlobFilename(path)
            if tid is not None:
                yield oid, tid, path


def _give(storage, oid, tid, path):
    """Answers whether it was not there."""
    key, client = storage._s3_key(oid, tid), storage._s3_client
    if client.head_object(key):
        return False
    client.upload_file(path, key)
    return True


if __name__ == "__main__":
    sys.exit(main())
