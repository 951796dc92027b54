"""Where a browser gets a blob from instead of this process (docs/zodb.md, "Delivery")."""

import re
from typing import NamedTuple

from nice_blobs.agent import Missing
from nice_blobs.committed import committed_tid, owner

# Characters. A server in front takes headers of 4 KiB, and each may become twelve bytes of one.
LONGEST_NAME, LONGEST_EXTENSION = 255, 16
MEDIA_TYPE = re.compile(r"[\w.+!#$&^-]{1,127}/[\w.+!#$&^-]{1,127}", re.ASCII)


class SignedUrl(NamedTuple):
    url: str
    expires: int  # milliseconds since 1970
    disposition: str  # what browsers will do: "inline" only if it was asked for and is safe


def blob_url(blob, filename=None, disposition="attachment", content_type=None):
    """A URL by which a browser fetches a persistent Blob's committed revision from the edge, or None: use the application's own route.

    None where the blob is not archived yet, has no committed revision or changes that are not committed, is in no storage of ours, or
    no delivery is configured. Raises BlobUnavailable where nobody can tell now; the application's own route is right then too.
    Whoever has the URL has the blob until it expires: check permissions before.
    """
    signed = signed_url(blob, filename, disposition, content_type)
    return signed.url if signed else None


def signed_url(blob, filename=None, disposition="attachment", content_type=None):
    """As `blob_url`, with what a redirect has to know besides."""
    parameters = _parameters(filename, disposition, content_type)
    found = _find(blob)
    return _sign(*found, parameters) if found else None


def deliver_path(blob, location, filename=None, disposition="attachment", content_type=None, fixed_address=False):
    """The value of X-Accel-Redirect for nginx's internal location that leads to the agent (examples/nginx), or None as above.

    But not None where the agent can do without the edge: it has the server send a file of this host, and fetches others.
    With `fixed_address` the application promises that its own address never leads to another blob: browsers keep a redirect until
    shortly before its URL expires, and not for a minute alone.
    """
    parameters = _parameters(filename, disposition, content_type)
    found = _find(blob)
    if not found:
        return None
    storage, oid, tid = found
    storage.agent.require_there()
    if not storage.is_known_to_agent(oid, tid) and not _sign(*found, parameters):
        return None
    if fixed_address:
        parameters["address"] = "fixed"  # which is no parameter of a URL's
    return location.rstrip("/") + storage.agent.target(oid, tid, "/deliver", parameters)


def _find(blob):
    """The wrapper, the oid and the tid, or None."""
    tid = committed_tid(blob)
    if tid is None:
        return None
    storage = owner(blob._p_jar._normal_storage, blob._p_oid, tid)
    return None if storage is None else (storage, blob._p_oid, tid)


def _sign(storage, oid, tid, parameters):
    try:
        answer = storage.agent.url(oid, tid, parameters)
    except Missing:  # a server's alone, or the application's own route tells
        return None
    return SignedUrl(answer["url"], answer["expires"], answer["disposition"]) if answer["url"] else None


def _parameters(filename, disposition, content_type):
    """Of a request to the agent. Whoever uploaded it may have said any type: what is none is not shown."""
    if disposition not in ("inline", "attachment"):
        raise ValueError(f"no disposition: {disposition!r}")
    media_type = (content_type or "").partition(";")[0].strip()
    if media_type and not MEDIA_TYPE.fullmatch(media_type):
        media_type, disposition = "", "attachment"
    given = {"filename": filename and _bounded(filename), "disposition": disposition, "type": media_type}
    return {name: value for name, value in given.items() if value}


def _bounded(filename):
    if len(filename) <= LONGEST_NAME:
        return filename
    stem, dot, extension = filename.rpartition(".")
    if not stem or len(extension) > LONGEST_EXTENSION:
        return filename[:LONGEST_NAME]
    return stem[: LONGEST_NAME - len(extension) - 1] + dot + extension
