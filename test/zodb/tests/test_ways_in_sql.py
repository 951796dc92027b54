"""docs/migration.md, "Blobs in SQL": what it has to type and to write, done."""

import os
import re
import subprocess
import threading
import time

import psycopg2

import postgres
from guide import Section
from guided import GuidedCase


class BlobsInSQLCase(GuidedCase):
    section = Section("Blobs in SQL")
    keep_history = True

    def setUp(self):
        """A site that has its blobs in SQL."""
        super().setUp()
        self.source = postgres.create_database()
        name = re.match("dbname='(.*?)'", self.source)[1]
        destination = self.source.replace(name, f"{name}_files")
        self.names = {"dbname='plone'": self.source, "dbname='plone_files'": destination, "plone_files": f"{name}_files"}
        self.before = f"""
            %import relstorage
            <zodb_db main>
              <relstorage>
                blob-dir {self.at("blob-cache")}
                keep-history {self.history()}
                <postgresql>
                  dsn {self.source}
                </postgresql>
              </relstorage>
            </zodb_db>"""
        self.old = self.application(self.before)

    def history(self):
        return str(self.keep_history).lower()

    def host(self, name="web1"):
        """One that is ready to take the database."""
        host = self.guided(name, **self.names, **{"/var/tmp/plone-convert": self.at(f"{name}-convert")})
        for beginning in "npx nice-blobs init", "mkdir":
            if beginning == "mkdir":
                self.typed(host, beginning)
            else:
                host.init(self.section.typed(beginning), self.database)
        host.start_agent()
        return host

    def put(self, host, name, **changes):
        return host.put(self.section, name, keep_history=("true", self.history()), **changes)

    def convert(self, host, name="convert.conf"):
        self.typed(host, f"zodbconvert --incremental {name}")

    def compare(self, host, name="convert.conf"):
        said = self.typed(host, f"python examples/convert/compare.py {name}")
        return int(re.search(r"^(\d+) blobs compared, 0 differ$", said, re.MULTILINE)[1])


class HistoryPreservingTest(BlobsInSQLCase):
    def test_converted_while_it_is_written_to_archived_released_and_converted_back(self):
        self.fill(self.old)
        host = self.host()
        self.typed(host, "createdb")
        self.put(host, "convert.conf")
        with Writing(self.old):
            self.convert(host)
        truth = self.see(self.old)
        self.old.close()

        began = time.monotonic()
        self.convert(host)
        new = self.application(self.put(host, "zope.conf"))
        self.tell(f"stood still for {time.monotonic() - began:.1f} s")
        self.compare(host)
        self.assertEqual(self.see(new), truth)

        self.archive(host)
        self.assertEqual(host.files(), [])
        self.assertIn("released", self.typed(host, "npx nice-blobs status"))
        self.assertEqual(self.see(new), truth)
        if self.keep_history:
            new.ask("undo")
        new.write("blob-1", 1000, 5000)
        new.write("another", 1001, 5000)
        truth = self.see(new)
        new.close()

        self.put(host, "back.conf")
        self.convert(host, "back.conf")
        self.compare(host, "back.conf")
        host.stop_agent()
        self.assertEqual(self.see(self.application(self.before)), truth)

    def tell(self, what):
        print(f"{type(self).__name__}: {what}")


class HistoryFreeTest(HistoryPreservingTest):
    keep_history = False


class SeveralHostsTest(BlobsInSQLCase):
    def test_hosts_with_a_disk_each_find_all_in_the_bucket_when_they_start(self):
        self.fill(self.old)
        truth = self.see(self.old)
        self.old.close()
        first, second = self.host("web1"), self.host("web2")
        self.typed(first, "createdb")
        self.put(first, "convert.conf")
        self.convert(first)
        first.run("npx nice-blobs archive /srv/plone/blobstorage -a 0 --allow-empty")
        hosts = [self.application(self.put(host, "zope.conf", archive_on_commit=("no", "yes"))) for host in (first, second)]
        self.assertEqual(second.files(), [])
        self.assertEqual([self.see(host) for host in hosts], [truth, truth])
        for number, host in enumerate(hosts):
            host.write(f"blob-{number}", 2000 + number, 3000)
        self.assertEqual(self.see(hosts[0]), self.see(hosts[1]))

    def test_a_disk_with_less_room_is_emptied_while_it_is_filled(self):
        self.fill(self.old)
        truth = self.see(self.old)
        self.old.close()
        host = self.host()
        self.typed(host, "createdb")
        self.put(host, "convert.conf", archive_on_commit=("no", "yes"))
        converting = host.begin(self.section.typed("zodbconvert --incremental convert.conf"), stderr=subprocess.DEVNULL)
        emptied = 0
        while converting.poll() is None or emptied == 0:
            said = host.run("npx nice-blobs archive /srv/plone/blobstorage -a 0 -d --delay 0s --allow-empty")
            emptied += "released" in said
        self.assertEqual(converting.returncode, 0)
        host.run("npx nice-blobs archive /srv/plone/blobstorage -a 0 -d --delay 0s --allow-empty")
        self.assertEqual(host.files(), [])
        self.compare(host)
        self.assertEqual(self.see(self.application(self.put(host, "zope.conf"))), truth)


class TroubleTest(BlobsInSQLCase):
    def begin(self):
        for number in range(40):
            self.old.write(f"blob-{number % 5}", number, 2000)
        host = self.host()
        self.typed(host, "createdb")
        self.put(host, "convert.conf")
        return host

    def assert_differ(self, host, name, *told):
        said = host.run(self.section.typed(f"python examples/convert/compare.py {name}"), status=1)
        for line in told:
            self.assertIn(line, said)
        self.assertIn(f" blobs compared, {len(told)} differ\n", said)

    def test_a_copy_that_is_broken_off_is_gone_on_with(self):
        host = self.begin()
        for files in 3, 20:
            converting = host.begin(self.section.typed("zodbconvert --incremental convert.conf"), stderr=subprocess.DEVNULL)
            while len(host.files()) < files and converting.poll() is None:
                pass
            converting.kill()
            converting.wait()
        self.convert(host)
        self.compare(host)
        self.assertEqual(self.see(self.application(self.put(host, "zope.conf"))), self.see(self.old))

    def test_the_comparison_tells_what_differs_and_what_is_not_there(self):
        host = self.begin()
        ref = self.old.write("blob-1", 100, 5000)
        self.convert(host)
        flipped, removed, *_ = sorted(host.files(), key=lambda file: ref.split("/")[1] not in file)
        os.chmod(flipped, 0o600)
        with open(flipped, "r+b") as file:
            file.write(b"flip")
        os.remove(removed)
        self.assert_differ(host, "convert.conf", f"{ref}: other bytes\n", ": the destination has none\n")

    def test_without_its_bytes_a_blob_breaks_a_copy_off_from_postgresql_and_is_passed_over_from_a_directory(self):
        host = self.begin()
        self.convert(host)
        new = self.application(self.put(host, "zope.conf"))
        ref = new.write("blob-1", 100, 5000)
        new.close()
        (file,) = [file for file in host.files() if ref.split("/")[1] in file]
        os.remove(file)
        self.put(host, "back.conf")
        self.convert(host, "back.conf")
        self.assert_differ(host, "back.conf", f"{ref}: no file in either\n")

        with psycopg2.connect(self.source) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM blob_chunk WHERE tid = (SELECT max(tid) FROM blob_chunk)")
        again = self.host("again")
        again.run(self.section.typed("createdb").replace("plone_files", "again"))
        again.write("convert.conf", re.sub(r"dbname='\w+_files'", "dbname='again'", self.put(again, "convert.conf")))
        self.assertIn("in download_blob\n", again.run(self.section.typed("zodbconvert --incremental convert.conf"), status=1))


class Writing:
    """An application that is written to meanwhile."""

    def __init__(self, application):
        self._application, self._enough = application, threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.written = 0

    def _write(self):
        while not self._enough.is_set():
            self._application.write(f"blob-{self.written % 30}", 100 + self.written, 2000)
            self.written += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *raised):
        self._enough.set()
        self._thread.join()
        assert self.written
