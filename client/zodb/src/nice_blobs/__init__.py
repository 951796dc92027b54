"""Reads ZODB's blobs from the volume, the cache or the bucket (docs/zodb.md)."""

from nice_blobs.delivery import SignedUrl, blob_url, deliver_path, signed_url
from nice_blobs.errors import BlobUnavailable
from nice_blobs.settings import Settings
from nice_blobs.storage import NiceBlobsStorage

__all__ = ["BlobUnavailable", "NiceBlobsStorage", "Settings", "SignedUrl", "blob_url", "deliver_path", "signed_url"]
