"""Live reports: their text, and the one that follows a pack (docs/formats.md, "Live report")."""

import contextlib
import itertools
import logging

from nice_blobs.innermost import innermost, is_zeo_client
from nice_blobs.revisions import revisions

# Lines.
CHUNK = 4096

logger = logging.getLogger("nice_blobs")


def report_text(storage):
    """Chunks of bytes. Whatever goes wrong raises before the line that ends a report."""
    lines = 0
    with contextlib.closing(revisions(storage)) as refs:
        while chunk := list(itertools.islice(refs, CHUNK)):
            lines += len(chunk)
            yield "".join([f"{oid.hex()} {tid.hex()}\n" for oid, tid in chunk]).encode()
    yield b"end %d\n" % lines


def report_pack(storage, agent):
    """After a pack, which is done whatever becomes of the report: the next one tells the same and more."""
    try:
        told = agent.report(report_text(storage))
        logger.info("%r is packed, live report %s", storage, told)
    except Exception as error:
        logger.warning("%r is packed, but nothing was reported, so no garbage is collected yet: %s", storage, error)


def packs_elsewhere(storage):
    """Whether it is a client of ZEO, or wraps one: the server packs, and reports."""
    return any(map(is_zeo_client, innermost(storage)))
