"""What ZConfig makes of a <niceblobs> section."""

from ZODB.config import BaseConfig

from nice_blobs.settings import Settings
from nice_blobs.storage import NiceBlobsStorage


class NiceBlobsSection(BaseConfig):
    def settings(self):
        section = self.config
        return Settings.load(
            section.config,
            section.database,
            archive_on_commit=section.archive_on_commit,
            young=section.young,
            wait_for_agent=section.wait_for_agent,
            report_after_pack=section.report_after_pack,
        )

    def open(self, database_name="unnamed", databases=None):
        settings = self.settings()
        storage = self.config.storage.open()
        try:
            return NiceBlobsStorage(storage, settings)
        except BaseException:
            storage.close()
            raise
