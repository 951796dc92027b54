"""Runs ZODB's own blob tests and holds each wrapped storage to what the bare one passes."""

import collections
import re
import subprocess
import sys

# Asserts that a blob's file has the permissions of the directory it lies in; ours lies in the cache's, or leads from there.
EXPECTED = {"test_blob_file_permissions"}
BARE = "Bare"


def run(words):
    """Per suite, `storage-mode`: how many tests it has, and the names of those that failed."""
    process = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
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
    counts, failed, output = run(words)
    worse = {}
    for suite in counts:
        storage, _, mode = suite.partition("-")
        new = failed[suite] - failed[f"{storage}-{BARE}"]
        told = f", but {', '.join(sorted(failed[suite]))}" if failed[suite] else ""
        print(f"{storage}, {mode}: {counts[suite] - len(failed[suite])} of {counts[suite]}{told}")
        if mode != BARE and new - EXPECTED:
            worse[suite] = new - EXPECTED
    print(f"{sum(counts.values())} tests in {len(counts)} suites; worse than bare: {worse or 'none'}")
    if worse or len(counts) < 20:
        sys.exit(output)


if __name__ == "__main__":
    main(sys.argv[1:])
