"""The wrapper: the wrapped storage with its blobs in several tiers."""

import os

import zope.interface
from ZODB.blob import BlobStorage, copyTransactionsFromTo
from ZODB.mvccadapter import HistoricalStorageAdapter

from nice_blobs.agent import Agent
from nice_blobs.blob_open import protect_writing_on
from nice_blobs.hold import packing, remove_empty_directories
from nice_blobs.past_cache import PastCache
from nice_blobs.reader import Reader
from nice_blobs.report import packs_elsewhere, report_pack
from nice_blobs.tiers import Tiers
from nice_blobs.undo import recall_for_undo, require_undone
from nice_blobs.volume import blob_helper, volume_name

# What opens another instance of a storage, which has to be wrapped too.
INSTANCES = ("new_instance", "before_instance", "undo_instance")


class Notes:
    def __init__(self):
        self.before = {}  # oid -> its revisions before this transaction stored it
        self.undone = []  # what this transaction undoes, and the blobs in it


class NiceBlobsStorage:
    """Anything but blobs is the wrapped storage's own affair."""

    def __init__(self, base, settings, tiers=None, agent=None):
        self._base, self._settings = base, settings
        helper = blob_helper(base)
        self._owned = helper.layout_name != "zeocache"  # else somebody's cache, and the blobs are behind a server
        self._volume, directory = volume_name(settings, helper.base_dir, self._owned)
        self._tiers = tiers or Tiers(settings.cache, settings.cache_root, directory, helper.layout, self._owned)
        self._agent = agent or Agent(settings)
        past_cache = PastCache(self._agent, [helper.temp_dir])
        self._reader = Reader(base, self._tiers, self._agent, past_cache, None if self._owned else settings.young)
        protect_writing_on()
        self._untransform = lambda data: data
        zope.interface.directlyProvides(self, zope.interface.providedBy(base))

    def __getattr__(self, name):
        if name == "_base":
            raise AttributeError(name)
        value = getattr(self._base, name)
        return self._wrapping(value) if name in INSTANCES else value

    def _wrapping(self, open_instance):
        def open_wrapped(*words, **options):
            instance = open_instance(*words, **options)
            if isinstance(instance, HistoricalStorageAdapter):  # as RelStorage's, which hands on the blobs of what is in it
                return HistoricalStorageAdapter(self._wrap(instance._storage), instance._before)
            return self._wrap(instance)

        return open_wrapped

    def _wrap(self, instance):
        wrapped = NiceBlobsStorage(instance, self._settings, self._tiers, self._agent)
        wrapped._untransform = self._untransform
        return wrapped

    def __len__(self):
        return len(self._base)

    def __repr__(self):
        return f"<niceblobs around {self._base!r}>"

    def registerDB(self, db):
        self._untransform = getattr(db, "untransform_record_data", self._untransform)
        if hasattr(self._base, "registerDB"):
            self._base.registerDB(db)

    def close(self):
        self._agent.close()
        self._base.close()

    @property
    def agent(self):
        return self._agent

    def is_known_to_agent(self, oid, tid):
        """False where a blob may be with a server alone. What is cached came from the bucket."""
        return self._owned or self._tiers.is_cached(oid, tid)

    def loadBlob(self, oid, serial):
        return self._reader.path(oid, serial)

    def openCommittedBlobFile(self, oid, serial, blob=None):
        return self._reader.open(oid, serial, blob)

    # Writing through

    def storeBlob(self, oid, oldserial, data, blobfilename, version, transaction):
        if self._settings.archive_on_commit:
            self._remember(transaction, oid)
        return self._base.storeBlob(oid, oldserial, data, blobfilename, version, transaction)

    def restoreBlob(self, oid, serial, data, blobfilename, prev_txn, transaction):
        if self._settings.archive_on_commit:
            self._remember(transaction, oid)
        return self._base.restoreBlob(oid, serial, data, blobfilename, prev_txn, transaction)

    def copyTransactionsFrom(self, other, *words, **options):
        if not self._settings.archive_on_commit:
            return self._base.copyTransactionsFrom(other, *words, **options)
        # The wrapped storage's own way would not come by here.
        return copyTransactionsFromTo(other, self)

    def tpc_vote(self, transaction):
        """With archive-on-commit, a transaction whose blobs are not in the bucket by now does not finish."""
        result = self._base.tpc_vote(transaction)
        notes = self._notes(transaction)
        new = {oid: self._revisions(oid) - before for oid, before in notes.before.items()}
        for transaction_id, oids in notes.undone:
            without_file = [oid for oid in oids if not new[oid]]
            require_undone(self._base, self._untransform, transaction_id, without_file)
        if self._settings.archive_on_commit:
            for oid, tids in new.items():
                for tid in tids:
                    self._agent.archive(oid, tid, self._volume)
        return result

    def _notes(self, transaction):
        """Kept with the transaction: a ZEO client has several at a time."""
        try:
            return transaction.data(self)
        except KeyError:
            notes = Notes()
            transaction.set_data(self, notes)
            return notes

    def _remember(self, transaction, oid):
        before = self._notes(transaction).before
        if oid not in before:
            before[oid] = self._revisions(oid)

    def _revisions(self, oid):
        """The tids of an object's files in the volume."""
        directory = os.path.dirname(self._tiers.file_path(oid, bytes(8)))
        try:
            names = os.listdir(directory)
        except FileNotFoundError:
            return set()
        return {bytes.fromhex(name[2:18]) for name in names if name.endswith(".blob")}

    # Undo and pack, which look at the wrapped storage's own files

    def undo(self, transaction_id, transaction):
        if not self._owned:  # the server undoes; its storage is wrapped itself
            return self._base.undo(transaction_id, transaction)
        oids = recall_for_undo(self._base, self._tiers, self._agent, self._volume, self._untransform, transaction_id)
        for oid in oids:
            self._remember(transaction, oid)
        self._notes(transaction).undone.append((transaction_id, oids))
        return self._base.undo(transaction_id, transaction)

    def pack(self, *words, **options):
        result = self._pack(*words, **options)
        if self._settings.report_after_pack and not packs_elsewhere(self._base):
            report_pack(self._base, self._agent)
        return result

    def _pack(self, *words, **options):
        if not self._owned:
            return self._base.pack(*words, **options)
        with packing(self._base.fshelper.base_dir):
            if isinstance(self._base, BlobStorage):
                remove_empty_directories(self._base)
            return self._base.pack(*words, **options)
