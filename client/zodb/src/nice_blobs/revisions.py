"""Every revision that a storage keeps, for a live report (docs/formats.md, "Live report").

A report says: of what is not younger than its largest tid, this is all there is. What is named too much costs 16 bytes, what is
not named is lost. So nothing here asks whether a record is a blob's, and what may have ended early raises instead of ending.
"""

import contextlib

from ZODB.FileStorage.FileStorage import FileIterator
from ZODB.interfaces import IMVCCStorage
from ZODB.MappingStorage import MappingStorage
from ZODB.utils import p64, readable_tid_repr, z64

from nice_blobs.errors import NoReport
from nice_blobs.innermost import comes_from, innermost, is_zeo_client

RELSTORAGE_ITERATORS = ("HistoryPreservingTransactionIterator", "HistoryFreeTransactionIterator")


def revisions(storage):
    """An iterator of the oid and the tid of each, eight bytes each, in any order, some perhaps twice. Raises NoReport, at once or on the way.

    Wrappers are passed by: they change the data, which nobody here needs, and hide where the iteration of what is in them ended.
    """
    storages = list(innermost(storage))
    for each in storages:
        _require_iterable(each)
    if len(storages) == 1 and _is_postgresql(storages[0]):
        return _rows(storages[0]._adapter.connmanager)
    return _records(storages)


def _require_iterable(storage):
    if is_zeo_client(storage):
        message = "a ZEO client is not told what is damaged at its server"
        raise NoReport("NO_SNAPSHOT", repr(storage), message, "its server reports: after a pack, or by nice_blobs.live_report with the server's configuration")
    if not callable(getattr(storage, "iterator", None)):
        raise NoReport("NO_SNAPSHOT", repr(storage), "it cannot be iterated over", "report from the storage that it wraps, or on its server")


def _is_postgresql(storage):
    return comes_from(storage, "relstorage.storage", "RelStorage") and storage._adapter.schema.database_type == "postgresql"


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


def _records(storages):
    """What the storages iterate over, up to what was the last transaction before.

    Several kinds of iterators go on in what is committed meanwhile, and not all of them miss nothing of it: with a later tid among
    what is named, what was missed before it would count as garbage.
    """
    with contextlib.ExitStack() as stack:
        views = [stack.enter_context(_view(storage)) for storage in storages]
        last = [view.lastTransaction() for view in views]
        horizon = max(last)
        if horizon == z64:
            raise NoReport("NO_SNAPSHOT", repr(storages[0]), "it is empty")
        for view, its_last in zip(views, last):
            yield from _records_of(view, its_last, horizon)


def _records_of(storage, last, horizon):
    reached = z64
    transactions = storage.iterator(None, horizon)
    try:
        _require_provable(storage, transactions)
        for transaction in transactions:
            reached = max(reached, transaction.tid)
            records = iter(transaction)
            for record in records:
                _require_its_own(storage, record, transaction.tid)
                yield record.oid, record.tid
            if isinstance(transactions, FileIterator):
                _require_whole(storage, records, transaction.tid)
    finally:
        getattr(transactions, "close", lambda: None)()
    if not last <= reached <= horizon:
        raise _cut_off(storage, f"it ended at {readable_tid_repr(reached)}, not at {readable_tid_repr(last)}")


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


def _require_provable(storage, transactions):
    """FileStorage's tells where it ended, RelStorage's raises, and a MappingStorage is in memory. A generator may just have ended."""
    of_relstorage = comes_from(transactions, "relstorage.storage.transaction_iterator", *RELSTORAGE_ITERATORS)
    if not (of_relstorage or isinstance(transactions, FileIterator) or isinstance(storage, MappingStorage)):
        message = "nothing proves that its iterator passes nothing over"
        raise NoReport("NO_SNAPSHOT", repr(storage), message, "report from the storage that it wraps, or on its server")


def _require_its_own(storage, record, tid):
    """A damaged tid may be later than all others, and what is missing before it would count as garbage."""
    if record.tid != tid or len(record.oid) != 8 or len(record.tid) != 8:
        raise _cut_off(storage, f"the transaction {readable_tid_repr(tid)} has a record that is none of its own: {record.oid!r}, {record.tid!r}")


def _require_whole(storage, records, tid):
    """FileStorage tells of a damaged record in its log alone, and goes on with the next transaction."""
    if records._pos != records._tend:
        raise _cut_off(storage, f"the transaction {readable_tid_repr(tid)} has a damaged record")


def _cut_off(storage, message):
    return NoReport("REPORT_CUT_OFF", repr(storage), message, "nothing was reported; look for damage (fstest), then report again")
