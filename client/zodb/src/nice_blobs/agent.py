"""Asks the host's agent over its socket (docs/agent.md)."""

import contextlib
import errno
import http.client
import itertools
import json
import os
import threading
from urllib.parse import urlencode

from nice_blobs.agent_connection import Patience, UnixConnection, begin_upload, send_chunk
from nice_blobs.errors import BlobUnavailable

CHUNK = 2**20


class Missing(Exception):
    """The agent knows that there is no such blob in the bucket."""


class Agent:
    """One connection for each thread, and none that a fork would share."""

    def __init__(self, settings):
        self._socket, self._wait = settings.socket, settings.wait_for_agent
        self._database = settings.database
        self._local = threading.local()

    def path(self, oid, tid):
        """The blob's path, once it is there."""
        return self._ask_json("GET", oid, tid, "/path")["path"]

    def copy_to(self, file, oid, tid):
        """Writes the bytes into a file, whole or not at all."""
        self._ask("GET", oid, tid, "", into=file)

    def archive(self, oid, tid, volume):
        self._ask_json("PUT", oid, tid, "/object", volume=volume)

    def recall(self, oid, tid, volume):
        self._ask_json("PUT", oid, tid, "/file", volume=volume)

    def report(self, text):
        """Sends a live report, of chunks of bytes, and answers what the agent says of it.

        Once: what breaks off is no report, and another one would be of another time.
        """
        connection = self._reach()
        try:
            with self._reaching():
                begin_upload(connection, f"/v1/reports?{urlencode({'database': self._database})}")
            for chunk in itertools.chain(text, [b""]):  # what raises here ends the connection without the last chunk
                with self._reaching():
                    if not send_chunk(connection, chunk):
                        break
            with self._reaching(), connection.getresponse() as response:
                status, body = response.status, response.read()
        finally:
            connection.close()
        if status == 200:
            return json.loads(body)
        raise _as_unavailable(_error_of(body))

    def _ask_json(self, *words, **parameters):
        return json.loads(self._ask(*words, **parameters))

    def _ask(self, method, oid, tid, what, into=None, **parameters):
        query = urlencode({"database": self._database, **parameters})
        target = f"/v1/blobs/{oid.hex()}/{tid.hex()}{what}?{query}"
        status, body = self._answer(method, target, into)
        if status == 200:
            return body
        error = _error_of(body)
        if status == 404 and error.get("code") == "BLOB_MISSING":
            raise Missing(error.get("message"))
        raise _as_unavailable(error)

    def _answer(self, method, target, into):
        """Every request may be repeated. An agent that is starting anew is waited for; any answer of it is the answer."""
        patience = Patience(self._wait)
        while True:
            fresh = self._connect()
            try:
                return _exchange(self._local.connection, method, target, into)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not fresh:  # closed while it was idle
                    continue
                if patience.is_over:
                    raise self._unreachable(error) from error
            patience.wait()

    def _reach(self):
        """A connection of its own, once there is an agent."""
        patience = Patience(self._wait)
        while True:
            connection = UnixConnection(self._socket)
            try:
                connection.connect()
                return connection
            except OSError as error:
                connection.close()
                if patience.is_over:
                    raise self._unreachable(error) from error
            patience.wait()

    @contextlib.contextmanager
    def _reaching(self):
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error):
        return BlobUnavailable(
            "AGENT_UNREACHABLE", self._socket, repr(error), "is nice-blobs agent running? What is on this host is still read"
        )

    def _connect(self):
        """Whether there was no connection yet."""
        local = self._local
        if getattr(local, "connection", None) and local.pid == os.getpid():
            return False
        local.connection, local.pid = UnixConnection(self._socket), os.getpid()
        return True

    def close(self):
        """This thread's connection; those of others end with their threads, or when they were idle."""
        if getattr(self._local, "connection", None):
            self._local.connection.close()
            self._local.connection = None


def _exchange(connection, method, target, into):
    connection.request(method, target)
    with connection.getresponse() as response:
        if into is None or response.status != 200:
            return response.status, response.read()
        _write(into, response)
        if response.length:  # http.client tells a short body only to who reads it at once
            raise http.client.IncompleteRead(b"", response.length)
        return response.status, b""


def _write(into, response):
    """A disk that refuses is no dead agent."""
    try:
        into.seek(0)
        into.truncate()
        while chunk := response.read(CHUNK):
            into.write(chunk)
    except OSError as error:
        if not isinstance(error, ConnectionError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
            raise BlobUnavailable("TARGET_UNWRITABLE", str(into.name), str(error)) from error
        raise


def _as_unavailable(error):
    return BlobUnavailable(*(error.get(name, "") for name in ("code", "subject", "message", "hint")))


def _error_of(body):
    try:
        error = json.loads(body)["error"]
        return {name: str(text) for name, text in error.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"code": "AGENT_UNREACHABLE", "message": "the answer is none of an agent"}
