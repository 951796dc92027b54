"""Runs ZODB's own blob tests and holds each wrapped storage to what the bare one passes."""

import collections
import concurrent.futures
import re
import subprocess
import sys

# Asserts that a blob's file has the permissions of the directory it lies in; ours lies in the cache's, or leads from there.
EXPECTED = {"test_blob_file_permissions"}
BARE = "Bare"
STORAGES = "RelStoragePostgreSQL", "RelStorageSQLite", "UnsharedPostgreSQL", "UnsharedSQLite", "BlobStorage", "FileStorage"
# What runs mostly waits, for agents that start.
AT_ONCE = 3


def run(words, storage):
    """Per suite, `storage-mode`: how many tests it has, and the names of those that failed."""
    words = [*words, "--layer", rf"\.{storage}-"]
    process = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    counts, failed, suite = {}, collections.defaultdict(set), None
    for line in process.stdout.splitlines():
        if found := re.match(r"Running ZODB\.tests\.util\.(.*)-BlobTests tests", line):
            suite = found[1]
        elif found := re.match(r"(?:Failure|Error) in test (\S+)", line):
            failed[suite].add(found[1].rpartition("/")[2])
        elif found := re.match(r"  Ran (\d+) tests", line):
            counts[suite] = int(found[1])
    return counts, failed, process.stdout


def main(words):
    total, suites, bad, outputs = 0, 0, {}, []
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for counts, failed, output in pool.map(lambda storage: run(words, storage), STORAGES):
            worse = compare(counts, failed)
            total, suites, bad = total + sum(counts.values()), suites + len(counts), bad | worse
            if worse or len(counts) < 2:
                outputs.append(output)
    print(f"{total} tests in {suites} suites; worse than bare: {bad or 'none'}")
    if bad or suites < 20:
        sys.exit("\n".join(outputs))


def compare(counts, failed):
    """Tells what each suite passed; what a wrapped storage fails and the bare one passes, by suite."""
    worse = {}
    for suite in counts:
        storage, _, mode = suite.partition("-")
        new = failed[suite] - failed[f"{storage}-{BARE}"]
        told = f", but {', '.join(sorted(failed[suite]))}" if failed[suite] else ""
        print(f"{storage}, {mode}: {counts[suite] - len(failed[suite])} of {counts[suite]}{told}", flush=True)
        if mode != BARE and new - EXPECTED:
            worse[suite] = new - EXPECTED
    return worse


if __name__ == "__main__":
    main(sys.argv[1:])
