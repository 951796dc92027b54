"""Every revision that a storage keeps, for a live report (docs/formats.md, "Live report").

A report says: of what is not younger than its largest tid, this is all there is. What is named too much costs 16 bytes, what is
not named is lost. So nothing here asks whether a record is a blob's, and what may have ended early raises instead of ending.
"""

import contextlib

from ZODB.interfaces import IMVCCStorage
from ZODB.utils import p64, readable_tid_repr, z64

from nice_blobs.errors import NoReport


def revisions(storage):
    """Yields the oid and the tid of each, eight bytes each, in any order, some perhaps twice. Raises NoReport."""
    adapter = getattr(storage, "_adapter", None)  # RelStorage's; wrappers pass it on
    if getattr(getattr(adapter, "schema", None), "database_type", None) == "postgresql":
        return _rows(adapter.connmanager)
    return _records(storage)


def _rows(manager):
    """From RelStorage's table, which has the same columns with history and without, in constant memory.

    A transaction's tid is chosen under a lock that is held until others see its rows: a snapshot with a tid has all before it.
    """
    isolation = manager.isolation_repeatable_read
    connection, cursor = manager.open(isolation, read_only=True, application_name="nice-blobs live report")
    rows = None
    try:
        rows = manager.driver.cursor(connection, server_side=True)
        rows.execute("SELECT zoid, tid FROM object_state")
        for oid, tid in rows:
            yield p64(oid), p64(tid)
    finally:
        manager.close(None, rows)
        manager.rollback_and_close(connection, cursor)


def _records(storage):
    """What the storage iterates over, up to what was its last transaction before.

    Several kinds of iterators go on in what is committed meanwhile, and not all of them miss nothing of it: with a later tid among
    what is named, what was missed before it would count as garbage.
    """
    if not callable(getattr(storage, "iterator", None)):
        raise NoReport("NO_SNAPSHOT", repr(storage), "it cannot be iterated over", "report from the storage that it wraps, or on its server")
    with _view(storage) as view:
        last = view.lastTransaction()
        if last == z64:
            raise NoReport("NO_SNAPSHOT", repr(storage), "it is empty")
        reached = z64
        transactions = view.iterator(None, last)
        try:
            for transaction in transactions:
                reached = max(reached, transaction.tid)
                records = iter(transaction)
                for record in records:
                    yield record.oid, record.tid
                _require_whole(storage, records, transaction.tid)
        finally:
            getattr(transactions, "close", lambda: None)()
    if reached != last:
        raise _cut_off(storage, f"it ended at {readable_tid_repr(reached)}, before {readable_tid_repr(last)}")


@contextlib.contextmanager
def _view(storage):
    """One that is up to date and nobody else's, where each connection has its own."""
    if not IMVCCStorage.providedBy(storage):
        yield storage
        return
    instance = storage.new_instance()
    try:
        yield instance
    finally:
        instance.release()


def _require_whole(storage, records, tid):
    """FileStorage tells of a damaged record in its log alone, and goes on with the next transaction."""
    if getattr(records, "_pos", None) != getattr(records, "_tend", None):
        raise _cut_off(storage, f"the transaction {readable_tid_repr(tid)} has a damaged record")


def _cut_off(storage, message):
    return NoReport("REPORT_CUT_OFF", repr(storage), message, "nothing was reported; look for damage (fstest), then report again")
