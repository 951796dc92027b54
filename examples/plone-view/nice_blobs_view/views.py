"""plone.namedfile's views. Who may see what, and under which name, stays its own affair; only the bytes come from elsewhere."""

import copy
import logging
import os
import time
from email.message import Message

from plone.namedfile import browser, scaling
from plone.namedfile.interfaces import IBlobby, IStableImageScale
from plone.namedfile.utils import extract_media_type
from plone.transformchain.interfaces import DISABLE_TRANSFORM_REQUEST_KEY

from nice_blobs import BlobUnavailable, deliver_path, signed_url

# nginx's internal location that leads to the agent. Only a request with this header came through nginx.
LOCATION = os.environ.get("NICE_BLOBS_NGINX_LOCATION")
FROM_NGINX = "X-Nice-Blobs-Nginx"

# Seconds. How long before its URL expires a redirect is forgotten, and how long one is kept at most: the same address of Plone's
# leads to another blob once somebody replaces the file.
MARGIN, FRESH = 60, 60

# What plone.namedfile tells of bytes that it sends itself.
OF_ITS_BYTES = "content-type", "content-length", "content-disposition", "accept-ranges", "link"

logger = logging.getLogger("nice_blobs_view")


class Elsewhere:
    """Answers where the bytes are, after plone.namedfile has checked that they may be had."""

    # Plone sends these itself. The edge tells no type but what the first bytes tell, and so pages could not draw an SVG.
    kept_types = frozenset({"image/svg+xml", "image/svg+xml-compressed"})

    def answered(self, file):
        """False where plone.namedfile has to send them: the blob is young, nobody can tell where it is, or it is no blob."""
        if not IBlobby.providedBy(file) or extract_media_type(file.contentType) in self.kept_types:
            return False
        wanted = self._wanted(file)
        try:
            answered = self._lead_nginx(file._blob, wanted) or self._redirect(file._blob, wanted)
        except BlobUnavailable as error:
            logger.warning("Plone sends a blob itself: %s", error)
            return False
        if answered:
            # Else plone.app.caching would let shared caches have the answer, and for longer than its URL lives.
            self.request.environ[DISABLE_TRANSFORM_REQUEST_KEY] = True
        return answered

    def _wanted(self, file):
        """What plone.namedfile would tell of the file, as parameters of `signed_url` and `deliver_path`."""
        self._tell(Sizeless(file))
        headers = self.request.response.headers
        told = {name: headers.pop(name, None) for name in OF_ITS_BYTES}
        disposition = Message()
        disposition["Content-Disposition"] = told["content-disposition"] or "inline"
        return {
            "filename": disposition.get_filename() or self._name_in_address(),
            "disposition": disposition.get_content_disposition(),
            "content_type": told["content-type"],
        }

    def _tell(self, file):
        self.set_headers(file)

    def _name_in_address(self):
        return None

    def _lead_nginx(self, blob, wanted):
        if not LOCATION or not self.request.getHeader(FROM_NGINX):
            return False
        path = deliver_path(blob, LOCATION, **wanted, fixed_address=self._has_fixed_address())
        if path:
            response = self.request.response
            response.setStatus(200, lock=True)  # Zope makes 204 of an answer without a body
            response.setHeader("X-Accel-Redirect", path)
        return bool(path)

    def _redirect(self, blob, wanted):
        signed = signed_url(blob, **wanted)
        if signed:
            response = self.request.response
            response.setStatus(302, lock=True)
            response.setHeader("Location", signed.url)  # as it is: `redirect` might quote what is signed
            response.setHeader("Cache-Control", self._cache_control(signed.expires / 1000 - time.time()))
        return bool(signed)

    def _cache_control(self, remaining):
        seconds = int(remaining - MARGIN)
        if not self._has_fixed_address():
            seconds = min(seconds, FRESH)
        return f"private, max-age={seconds}" if seconds > 0 else "private, no-store"

    def _has_fixed_address(self):
        """A scale's own, which never leads to anything else."""
        return IStableImageScale.providedBy(self)


class Sizeless:
    """A file whose size nobody needs, for which plone.namedfile would open the blob, and so fetch it."""

    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def getSize(self):
        return 0


class Download(Elsewhere, browser.Download):
    def __call__(self):
        return "" if self.answered(self._getFile()) else super().__call__()


class DisplayFile(Elsewhere, browser.DisplayFile):
    def __call__(self):
        return "" if self.answered(self._getFile()) else super().__call__()


class ImageScale(Elsewhere, scaling.ImageScale):
    def index_html(self):
        """Without a docstring nothing is published."""
        self.validate_access()
        return "" if self.answered(self.data) else super().index_html()

    def HEAD(self, REQUEST, RESPONSE=None):
        """As above."""
        self.validate_access()
        return "" if self.answered(self.data) else super().HEAD(REQUEST, RESPONSE)

    HEAD.__roles__ = ("Anonymous",)

    def _tell(self, file):
        described = copy.copy(self)
        described.data = file
        described.set_headers()

    def _name_in_address(self):
        return self.__name__


class ImageScaling(scaling.ImageScaling):
    _scale_view_class = ImageScale
