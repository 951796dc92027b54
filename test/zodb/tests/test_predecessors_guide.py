"""docs/migration.md, "A predecessor's bucket": what it has to type and to write, done."""

import hashlib
import os
import re
import sys

from application import bytes_of
from guide import Section
from guided import LARGE, GuidedCase, without_section
from predecessors import Source, ancestors_key
from stage import stage

# Of the command line of AWS, what the document types.
AWS = """#!{python}
import boto3, sys
_, service, command, flag, address = sys.argv
assert (service, command, flag) == ("s3", "ls", "--recursive")
bucket, _, prefix = address.removeprefix("s3://").partition("/")
s3 = boto3.client("s3", endpoint_url="{endpoint}", region_name="{region}")
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
    for each in page.get("Contents", []):
        print(each["LastModified"].strftime("%Y-%m-%d %H:%M:%S"), "%10d" % each["Size"], each["Key"])
"""


class PredecessorGuideCase(GuidedCase):
    def setUp(self):
        super().setUp()
        self.source = Source()
        ours = stage().sandbox["bucket"]["name"]
        self.host = self.guided(
            "host",
            **{
                "/srv/plone/Data.fs": self.at("Data.fs"),
                "/var/cache/plone-s3blobs": self.at("s3blobs-cache"),
                "example-site-blobs": self.source.name,
                "example-archive": self.source.name,
                "s3://example-blobs/blobs/main/": f"s3://{ours}/blobs/{self.database}/",
                "s3-region eu-central-1": f"s3-region {self.source.region}\ns3-endpoint-url {self.source.endpoint}\ns3-addressing-style path",
                # As files without a section of Zope's own, which is not installed here.
                "zope.conf": "zodb.conf",
                "zope-new.conf": "zodb-new.conf",
                "zope-old.conf": "zodb-old.conf",
            },
        )
        self.host.write("bin/aws", AWS.format(python=sys.executable, endpoint=self.source.endpoint, region=self.source.region), 0o755)
        self.truth = {}  # ref -> the hash of its bytes

    def write_into(self, application, name, seed, size):
        ref = application.write(name, seed, size)
        self.truth[ref] = hashlib.sha256(bytes_of(seed, size)).hexdigest()
        return ref

    def fill(self, application, first=0):
        for number in range(first, first + 20):
            self.write_into(application, f"blob-{number % 8}", number, [1, 300, 70_000, 1_300_000][number % 4])

    def put(self, written, name):
        """Answers its text as it is read where a Zope is."""
        text = self.host.here(self.section.written(written))
        self.host.write(name, re.sub(r"^ *mount-point.*\n", "", re.sub(r"<(/?)zodb_db( main)?>", r"<\1zodb\2>", text), flags=re.MULTILINE))
        return text

    def run_typed(self, words, status=0):
        return self.host.run(self.section.typed(words), status)

    def read_newly(self, application):
        """All that the storage keeps, when the host has nothing of it in its cache."""
        for path in self.files(os.path.join(self.host.directory, "cache")):
            os.remove(path)
        return application.revisions()


class S3BlobsGuideTest(PredecessorGuideCase):
    section = Section("From zodb-s3blobs")
    ADOPT = "npx nice-blobs adopt --from example-site-blobs --form zodb-s3blobs --prefix site"
    OF_THEIRS, OF_OURS = "aws s3 ls --recursive s3://example-site-blobs", "aws s3 ls --recursive s3://example-blobs"

    def test_taken_over_mended_read_and_gone_back_from(self):
        old = self.put("zope.conf, before", "zodb.conf")
        self.put("zope.conf, before", "zodb-old.conf")
        new = self.put("zope.conf", "zodb-new.conf")
        site = self.application(old)
        self.fill(site)
        first = self.write_into(site, "undone", 1, 1000)
        self.write_into(site, "undone", 2, 2000)
        site.ask("undo")
        self.host.init(self.section.typed("npx nice-blobs init"), self.database)
        self.host.start_agent()

        told = self.run_typed(self.OF_THEIRS, status=1)
        ((lost, of),) = re.findall(r"^([0-9a-f]{16}/[0-9a-f]{16}) (\S+) -$", told, re.MULTILINE)
        self.assertEqual(of, first)
        self.truth[lost] = self.truth[first]
        blobs = len(self.source.keys())
        self.assertIn(f"{blobs} would be adopted", self.run_typed(f"{self.ADOPT} --dry-run"))
        left = self.source.versions()
        self.assertIn(f"{blobs} adopted ", self.run_typed(self.ADOPT))
        self.assertEqual(self.source.versions(), left)
        self.run_typed("npx nice-blobs check")
        self.assertIn("missing: 1\n", self.run_typed(self.OF_OURS, status=1))
        self.fill(site, 20)
        site.close()
        last = self.run_typed(self.ADOPT)
        self.assertIn(f"{blobs} adopted before", last)
        self.put("zope.conf", "zodb.conf")
        site = self.application(new)
        self.mend(lost, of)
        self.assertEqual(site.revisions(), self.truth)
        self.assertEqual(self.read_newly(site), self.truth)
        self.fill(site, 40)
        self.assertEqual(self.read_newly(site), self.truth)

        self.run_typed("npx nice-blobs recall --all")
        self.fill(site, 60)
        site.close()
        self.run_typed("npx nice-blobs recall --all")
        plain = self.application(without_section(new))
        self.assertEqual(plain.revisions(), self.truth)
        seen = plain.read()
        plain.close()
        self.run_typed("python examples/adopt/give_back.py")
        site = self.application(old)
        self.assertEqual(site.read(), seen)

    def mend(self, lost, of):
        """As typed, but for the names that somebody has found out."""
        path = f"{self.host.blobs}/{'/'.join(f'0x{lost[at:at + 2]}' for at in range(0, 16, 2))}/0x{lost[17:]}.blob"
        make, get = self.section.typed("mkdir -p"), self.section.typed("npx nice-blobs get")
        self.host.run(f"mkdir -p {os.path.dirname(path)}")
        self.assertRegex(make, r"^mkdir -p /srv/plone/blobstorage(/0x[0-9a-f]{2}){8}$")
        self.assertRegex(get, r"^npx nice-blobs get [0-9a-f]{16}/[0-9a-f]{16} -o /srv/plone/blobstorage(/0x[0-9a-f]{2}){8}/0x[0-9a-f]{16}\.blob$")
        self.host.run(f"npx nice-blobs get {of} -o {path}")


class AncestorGuideTest(PredecessorGuideCase):
    section = Section("From collective.s3blobs")
    ADOPT = "npx nice-blobs adopt --from example-archive --form collective.s3blobs"

    def test_taken_over_and_read(self):
        self.assertIn("<s3blobcache>", self.section.written("zope.conf, before"))
        new = self.put("zope.conf", "zodb.conf")
        site = self.application(without_section(new))
        self.fill(site)
        self.write_into(site, "large", 1, LARGE)
        for number, path in enumerate(sorted(self.host.files())):
            self.source.upload(self.key_of(path), path)
            if number % 3 == 0:
                os.remove(path)
            elif number % 3 == 1:
                os.rename(path, f"{path}.bak")
        torn, spoilt = self.host.files()[:2]
        with open(torn, "rb") as file:
            self.source.put(self.key_of(torn), file.read()[1:])
        with open(spoilt, "rb") as file:
            self.source.put(self.key_of(spoilt), bytes(byte ^ 1 for byte in file.read()))
        self.source.put("logs/yesterday", b"of somebody else")
        self.host.init(self.section.typed("npx nice-blobs init"), self.database)
        self.host.start_agent()
        self.run_typed("find ")
        self.run_typed("npx nice-blobs archive")
        left = self.source.versions()
        self.assertIn("1 foreign", self.run_typed(f"{self.ADOPT} --dry-run", status=4))
        self.assertIn("1 failed (BLOB_CONFLICT)", self.run_typed(self.ADOPT, status=4))
        self.assertIn("2 failed (BLOB_CONFLICT)", self.run_typed(f"{self.ADOPT} --verify", status=4))
        self.assertEqual(self.source.versions(), left)
        self.run_typed("npx nice-blobs check")
        self.run_typed("aws s3 ls")
        site.close()
        site = self.application(new)
        self.host.run("npx nice-blobs archive /srv/plone/blobstorage -a 0 -s 0 -d")
        self.assertEqual(self.host.files(), [])
        self.assertEqual(self.read_newly(site), self.truth)
        self.fill(site, 20)
        site.ask("pack")
        site.read()

    def key_of(self, path):
        *oid, tid = (part.removeprefix("0x") for part in path.removesuffix(".blob").split("/")[-9:])
        return ancestors_key(bytes.fromhex("".join(oid)), bytes.fromhex(tid))
