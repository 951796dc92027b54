"""Both kinds of undo read earlier revisions from the wrapped storage's own files, and one goes on silently without them."""

from base64 import decodebytes

from ZODB.blob import is_blob_record
from ZODB.POSException import POSKeyError

from nice_blobs.agent import Missing
from nice_blobs.errors import BlobUnavailable
from nice_blobs.hold import pin

ALL = 2**31 - 1


def recall_for_undo(base, tiers, agent, volume, untransform, transaction_id):
    """Brings back every revision of the blobs that a transaction wrote, and keeps them there. Answers their oids.

    Every one, because what an undo leads back to need not be the one before.
    """
    oids = _blobs_of(base, untransform, _tid_of(transaction_id))
    for oid in oids:
        pin(base.fshelper.base_dir, oid)
        for revision in base.history(oid, size=ALL):
            if tiers.has_file(oid, revision["tid"]):
                continue
            try:
                agent.recall(oid, revision["tid"], volume)
            except Missing:
                pass  # a revision without bytes, or whose undoing will say so
    return oids


def require_undone(base, untransform, transaction_id, oids):
    """What an undo led back to, `oids` without a new file, must have been no blobs; RelStorage's goes on without one."""
    tid = _tid_of(transaction_id)
    for oid in oids:
        before = _load_before(base, oid, tid)
        if before and is_blob_record(untransform(before[0])):
            subject = f"{oid.hex()}/{before[1].hex()}"
            raise BlobUnavailable("UNDO_INCOMPLETE", subject, "the undo found no file of the earlier blob", "undo it again")


def _tid_of(transaction_id):
    return decodebytes(transaction_id + b"\n")[:8]


def _blobs_of(base, untransform, tid):
    iterator = base.iterator(tid, tid)
    try:
        records = [(record.oid, record.data) for transaction in iterator for record in transaction]
    finally:
        getattr(iterator, "close", lambda: None)()
    return {oid for oid, data in records if _is_blob(base, untransform, oid, tid, data)}


def _is_blob(base, untransform, oid, tid, data):
    """A record without data undid a creation; what it undid tells."""
    if data is None:
        before = _load_before(base, oid, tid)
        data = before and before[0]
    return bool(data) and is_blob_record(untransform(data))


def _load_before(base, oid, tid):
    """None where there was no such object."""
    try:
        return base.loadBefore(oid, tid)
    except POSKeyError:
        return None
