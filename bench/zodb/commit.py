"""What a commit with new blobs costs the application, and opening one, beside zodb-s3blobs and nothing at all (docs/zodb.md)."""

import contextlib
import os
import platform
import shutil
import statistics
import tempfile
from importlib.metadata import version

from delay import delayed
from peers import peers
from stage import stage

# title -> how many blobs a transaction has, and their size
CASES = {"one of 64 KiB": (1, 2**16), "twenty of 64 KiB": (20, 2**16), "one of 16 MiB": (1, 2**24)}
DELAYS, WARMING, ROUNDS = (0, 0.02), 3, 20
HERE = tempfile.mkdtemp(prefix="nice-blobs-commit-")
# A new blob's first place; on the same disk as all others, so that a commit moves it.
tempfile.tempdir = HERE


def rounds(everybody):
    """Every second round the other way round. Whether it counts, and whose turn it is."""
    for turn in range(WARMING + ROUNDS):
        for peer in everybody[:: 1 if turn % 2 else -1]:
            yield turn >= WARMING, peer


def measure_commits(everybody, title, count, size):
    """Answers each peer's blobs, the first to warm up."""
    commits, opened, oids = ({peer: [] for peer in everybody} for _ in range(3))
    for counts, peer in rounds(everybody):
        took, new = peer.commit(count, size)
        to_open = [peer.read(oid) for oid in new]
        oids[peer] += new
        if counts:
            commits[peer].append(took)
            opened[peer] += to_open
    show(f"A commit of new blobs, {title}", commits)
    if count == 1:
        show(f"Opened and read just after it, {title}", opened)
    return oids


def measure_cold(title, oids):
    times = {peer: [] for peer in oids if peer.cache}
    left = {peer: iter(oids[peer]) for peer in times}
    for counts, peer in rounds(list(times)):
        os.sync()
        downloads = stage().tell("downloads")
        took = peer.read(next(left[peer]))
        assert stage().tell("downloads") > downloads, f"{peer.name} had it on this host"
        if counts:
            times[peer].append(took)
    show(f"Opened and read from the bucket, {title}", times)


def show(title, times):
    print(f"\n  {title}")
    first = statistics.median(next(iter(times.values())))
    for peer, some in times.items():
        low, median, high = (1000 * value for value in statistics.quantiles(some, n=4))
        print(f"    {peer.name:30}{median:9.2f} ms ({low:.2f} to {high:.2f}){median / first / 1000:8.2f} x")


def measure(delay):
    print(f"\n{delay * 1000:.0f} ms added to every answer of bucket and index", flush=True)
    bucket, index = stage().sandbox["bucket"], stage().sandbox["index"]
    with contextlib.ExitStack() as relays:
        if delay:
            bucket, index = ({**server, "endpoint": relays.enter_context(delayed(server["endpoint"], delay))} for server in (bucket, index))
        everybody = list(peers(f"{HERE}/{delay * 1000:.0f}", bucket, index))
        oids = {title: measure_commits(everybody, title, *case) for title, case in CASES.items()}
        for peer in everybody[1:]:
            peer.leave_to_bucket()
        for title, (count, _) in CASES.items():
            if count == 1:
                measure_cold(title, oids[title])
        for peer in everybody:
            peer.database.close()


def main():
    names = "ZODB", "zodb-s3blobs", "boto3"
    print(f"{ROUNDS} rounds; Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}; {os.cpu_count()} cores")
    os.environ.update(stage().credentials)
    for delay in DELAYS:
        measure(delay)


try:
    main()
finally:
    shutil.rmtree(HERE, ignore_errors=True)
