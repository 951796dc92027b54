"""What ZConfig makes of a <niceblobs> section."""

from ZODB.config import BaseConfig

from nice_blobs.settings import Settings
from nice_blobs.storage import NiceBlobsStorage


class NiceBlobsSection(BaseConfig):
    def open(self, database_name="unnamed", databases=None):
        section = self.config
        settings = Settings.load(
            section.config,
            section.database,
            archive_on_commit=section.archive_on_commit,
            young=section.young,
            wait_for_agent=section.wait_for_agent,
        )
        storage = section.storage.open()
        try:
            return NiceBlobsStorage(storage, settings)
        except BaseException:
            storage.close()
            raise
