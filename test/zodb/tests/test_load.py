import contextlib
import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import time

from ZODB.FileStorage import FileStorage

from case import Case
from nice_blobs import BlobUnavailable
from stage import NODE, ROOT, stage

WORKERS = 8
# Seconds under kill -9.
LASTS = 600 if os.environ.get("BLOBS_TEST_LONG") else 60
fork = multiprocessing.get_context("fork")


class LoadTest(Case):
    def setUp(self):
        super().setUp()
        self.site = self.host(start=False)
        self.agent = None
        self.addCleanup(self.end_agent)
        self.start_agent()

    def start_agent(self):
        """As an operator starts it."""
        environment = {**os.environ, **stage().credentials}
        words = [NODE, os.path.join(ROOT, "client/bin/nice-blobs.js"), "agent", "--config", self.site.config]
        log = open(self.at("agent.log"), "ab")
        self.agent = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        log.close()

    def end_agent(self, how=signal.SIGTERM):
        self.agent.send_signal(how)
        return self.agent.wait(30)

    def plant(self, count, size):
        """Released blobs; answers their refs and hashes."""
        db = self.open(self.wrap(self.file_storage(), self.site, wait_for_agent=30))
        connection = db.open()
        blobs = []
        for number in range(count):
            content = random.Random(number).randbytes(size)
            ref = self.commit_blob(connection, f"b{number}", content)
            blobs.append((ref, hashlib.sha256(content).hexdigest()))
        db.close()
        self.release_all(self.site)
        return blobs

    def worker(self, read_some):
        """A process that opens the storage itself, as an app server does."""

        def run(results):
            storage = self.wrap(FileStorage(self.at("data.fs"), blob_dir=self.blobs, read_only=True), self.site, wait_for_agent=30)
            results.put(read_some(storage))
            results.close()
            results.join_thread()
            os._exit(0)

        results = fork.Queue()
        process = fork.Process(target=run, args=(results,))
        process.start()
        return process, results

    def test_eight_processes_and_one_cold_blob_make_one_download(self):
        ((ref, digest),) = self.plant(1, 20_000_000)
        before = self.site.downloads()
        at = time.time() + 1

        def read_at_once(storage):
            time.sleep(max(0, at - time.time()))
            return digest_of(storage, ref)

        workers = [self.worker(read_at_once) for _ in range(WORKERS)]
        self.assertEqual([results.get(timeout=120) for _, results in workers], [digest] * WORKERS)
        self.assertEqual(self.site.downloads() - before, 1)

    def test_kills_of_workers_and_agent_under_load_give_no_wrong_byte_and_leave_nothing_behind(self):
        blobs = self.plant(60, 50_000)
        end = time.time() + LASTS
        cached = self.at("host", "cache", "v1")

        def read_until_the_end(storage):
            reads = 0
            while time.time() < end:
                ref, digest = random.choice(blobs)
                try:
                    found = digest_of(storage, ref)
                except BlobUnavailable as error:
                    return f"unavailable: {error}"
                if found != digest:
                    return f"wrong bytes of {ref}"
                reads += 1
            return reads

        workers = [self.worker(read_until_the_end) for _ in range(WORKERS)]
        kills = {"agents": 0, "workers": 0}
        while time.time() < end - 5:
            time.sleep(random.uniform(0.1, 0.6))
            self.evict(cached, 20)
            if random.random() < 0.4:
                self.end_agent(signal.SIGKILL)
                self.start_agent()
                kills["agents"] += 1
            else:
                number = random.randrange(WORKERS)
                workers[number][0].kill()
                workers[number] = self.worker(read_until_the_end)
                kills["workers"] += 1
        outcomes = [results.get(timeout=120) for _, results in workers]
        print(f"\n  {LASTS} s, {kills}, reads of the last workers: {outcomes}")
        self.assertTrue(all(isinstance(outcome, int) for outcome in outcomes), outcomes)
        self.assertEqual(self.staged(cached), [])
        self.assertEqual(self.end_agent(), 0)

    def test_an_agent_under_load_holds_no_more_files_and_memory_in_the_end_than_before(self):
        blobs = self.plant(40, 50_000)
        cached = self.at("host", "cache", "v1")

        def load(rounds):
            def read_all(storage):
                return all(digest_of(storage, ref) == digest for ref, digest in blobs)

            for _ in range(rounds):
                self.evict(cached, len(blobs))
                workers = [self.worker(read_all) for _ in range(WORKERS)]
                self.assertEqual([results.get(timeout=120) for _, results in workers], [True] * WORKERS)

        load(5)
        files, memory = self.measure_agent()
        load(20)
        files_after, memory_after = self.measure_agent()
        print(f"\n  {files} -> {files_after} open files, {memory >> 20} -> {memory_after >> 20} MiB")
        self.assertLessEqual(files_after, files + 2)
        self.assertLess(memory_after, memory + 60 * 2**20)

    def evict(self, cached, most):
        found = self.files(cached)
        for file in random.sample(found, min(most, len(found))):
            with contextlib.suppress(FileNotFoundError):
                os.remove(file)

    def measure_agent(self):
        time.sleep(1)
        with open(f"/proc/{self.agent.pid}/statm") as file:
            pages = int(file.read().split()[1])
        return len(os.listdir(f"/proc/{self.agent.pid}/fd")), pages * os.sysconf("SC_PAGE_SIZE")

    def staged(self, cached):
        """What never got its name, once an agent has looked."""
        deadline = time.time() + 20
        incoming = os.path.join(cached, ".incoming")
        while time.time() < deadline and os.listdir(incoming):
            time.sleep(0.2)
        return os.listdir(incoming)


def digest_of(storage, ref):
    with storage.openCommittedBlobFile(*ref) as file:
        return hashlib.sha256(file.read()).hexdigest()
