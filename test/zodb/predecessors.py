"""Buckets as predecessors leave them, sites that leave them, and the command that takes them over."""

import base64
import hashlib
import itertools
import json
import os
import subprocess
import time

import boto3
import ZODB.config
from ZODB.utils import p64

import storages
from site_of_pictures import Site
from stage import NODE, ROOT, stage

_numbers = itertools.count(1)


class Source:
    """A predecessor's bucket, on the same server as ours."""

    def __init__(self):
        ours = stage().sandbox["bucket"]
        os.environ.update(stage().credentials)  # where predecessors look
        self.name, self.endpoint, self.region = f"predecessor-{next(_numbers)}", ours["endpoint"], ours["region"]
        self.s3 = boto3.client("s3", endpoint_url=self.endpoint, region_name=self.region)
        self.s3.create_bucket(Bucket=self.name)

    def put(self, key, content, **more):
        self.s3.put_object(Bucket=self.name, Key=key, Body=content, **more)

    def upload(self, key, path):
        """As boto3 does by itself: in parts, where it is large."""
        self.s3.upload_file(path, self.name, key, ExtraArgs={"ContentType": "image/jpeg"})

    def keys(self, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def versions(self):
        """Everything that was ever written to it or deleted from it."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.name)
        return {(each["Key"], each["VersionId"], each.get("ETag")) for page in pages for kind in ("Versions", "DeleteMarkers") for each in page.get(kind, [])}


class Adoption:
    """What a run of `nice-blobs adopt` came to."""

    def __init__(self, words, host):
        command = [NODE, os.path.join(ROOT, "client/bin/nice-blobs.js"), *words, "--config", host.config, "--database", host.database, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **stage().credentials})
        self.status, self.told = done.returncode, done.stdout + done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.events, self.summary = lines[:-1], lines[-1] if lines else {}
        self.outcomes = {name: tally["blobs"] for name, tally in self.summary.get("outcomes", {}).items()}

    def __repr__(self):
        return f"status {self.status}\n{self.told}"


def adopt_s3blobs(source, host, prefix="", *more):
    return Adoption(["adopt", "--from", source.name, "--form", "zodb-s3blobs", *(["--prefix", prefix] if prefix else []), *more], host)


def adopt_ancestor(source, host, *more):
    return Adoption(["adopt", "--from", source.name, "--form", "collective.s3blobs", *more], host)


class S3BlobsSite(Site):
    """A site that zodb-s3blobs keeps in its bucket until it moves in."""

    def __init__(self, case, kind, open_storage, source, prefix="", sse_key=None):
        self.source, self.prefix, self.moved = source, prefix, False
        self._more = f"s3-sse-customer-key {base64.b64encode(sse_key).decode()}\n" if sse_key else ""
        super().__init__(case, kind, open_storage)

    def open(self):
        if self.moved:
            super().open()
        else:
            self.db = self.case.open(ZODB.config.storageFromString(self.section()))

    def move_in(self):
        self.close()
        self.moved = True
        self.open()

    def move_back(self):
        self.close()
        self.moved = False
        self.open()

    def undoes(self):
        """zodb-s3blobs says that it does, and loses the blob."""
        return self.moved and super().undoes()

    def pack(self):
        if self.moved:
            super().pack()
        else:
            self.db.pack(time.time() + 1)

    def section(self):
        if self.moved:
            return super().section()
        return (
            f"%import zodb_s3blobs\n%import relstorage\n<s3blobstorage>\nbucket-name {self.source.name}\ns3-prefix {self.prefix}\n"
            f"s3-endpoint-url {self.source.endpoint}\ns3-region {self.source.region}\ns3-addressing-style path\n{self._more}"
            f"cache-dir {self.directory}/s3blobs-cache\ncache-size 1GB\n{self._base()}\n</s3blobstorage>\n"
        )

    def _base(self):
        if self.kind.startswith("FileStorage"):
            return f"<filestorage>\npath {self.name}.fs\n</filestorage>"
        keep = "no" if self.kind.startswith("HistoryFree") else "yes"
        return f"<relstorage>\nkeep-history {keep}\n<postgresql>\ndsn {storages.postgresql_source(self.name)}\n</postgresql>\n</relstorage>"

    def _remember_files(self):
        if self.moved:
            super()._remember_files()
            return
        for ref in self.kept():
            with open(self.db.storage.loadBlob(*ref), "rb") as file:
                self.truth[ref] = hashlib.sha256(file.read()).digest()

    def blobs_in_source(self):
        """The refs of the objects under its own prefix."""
        start = f"{self.prefix}/blobs/" if self.prefix else "blobs/"
        names = (key.removeprefix(start).removesuffix(".blob").split("/") for key in self.source.keys(start))
        return {tuple(p64(int(name, 16)) for name in pair) for pair in names if len(pair) == 2}


class AncestorSite(Site):
    """A site that stands on its blob directory and what collective.s3blobs took out of it, until it moves in."""

    def __init__(self, case, kind, open_storage, source):
        self.source, self.moved = source, False
        super().__init__(case, kind, open_storage)

    def open(self):
        if self.moved:
            super().open()
        else:
            self.db = self.case.open(self._open_storage(self.name, self.blobs))

    def move_in(self):
        self.close()
        self.moved = True
        self.open()

    def leave(self, destroyed=lambda number: True):
        """What archive-blobs does, with `-d` for those that are `destroyed`. Answers the refs of these."""
        gone = set()
        for number, (oid, tid, path) in enumerate(list(self.files())):
            self.source.upload(ancestors_key(oid, tid), path)
            if destroyed(number):
                os.remove(path)  # its directory stays, empty
                gone.add((oid, tid))
        return gone

    def files(self):
        helper = self.db.storage.fshelper
        for oid, directory in sorted(helper.listOIDs()):
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                _, tid = helper.splitBlobFilename(path)
                if tid is not None:
                    yield oid, tid, path


def ancestors_key(oid, tid):
    """`00000000000004d203d167f919308700.blob`"""
    return f"{oid.hex()}{tid.hex()}.blob"
