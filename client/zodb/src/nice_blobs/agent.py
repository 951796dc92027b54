"""Asks the host's agent over its socket (docs/agent.md)."""

import contextlib
import http.client
import itertools
import json
import time
from urllib.parse import quote, urlencode

from nice_blobs.agent_connection import KeptConnection, Patience, UnixConnection, begin_upload, send_chunk, unreachable
from nice_blobs.errors import BlobUnavailable

# Seconds. A page does not wait for a URL: it has another way.
SILENCE_OF_PAGES = 5
REST = 10


class Missing(Exception):
    """The agent knows that there is no such blob in the bucket."""


class Agent:
    def __init__(self, settings):
        self._socket, self._wait = settings.socket, settings.wait_for_agent
        self._database = settings.database
        self._connection = KeptConnection(self._socket, self._wait)
        self._of_pages = KeptConnection(self._socket, 0, SILENCE_OF_PAGES)
        self._rests_until = 0

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

    def url(self, oid, tid, parameters):
        """A dict: `url`, None where there is none; `expires`, in milliseconds; `disposition`.

        An agent that is silent is not asked again for a while, or the many URLs of a page would wait one after the other.
        """
        self._require_rested()
        try:
            return json.loads(_body(self._of_pages.ask("GET", self.target(oid, tid, "/url", parameters))))
        except BlobUnavailable as error:
            if isinstance(error.__cause__, TimeoutError):
                self._rests_until = time.monotonic() + REST
            raise

    def require_there(self):
        """Before somebody else is sent to it. Without a request, so that nobody waits."""
        self._require_rested()
        connection = UnixConnection(self._socket, SILENCE_OF_PAGES)
        try:
            connection.connect()
        except OSError as error:
            raise unreachable(self._socket, error) from error
        finally:
            connection.close()

    def _require_rested(self):
        if time.monotonic() < self._rests_until:
            raise unreachable(self._socket, TimeoutError(f"it said nothing for {SILENCE_OF_PAGES} seconds"))

    def target(self, oid, tid, what, parameters):
        """Everything in it is ASCII. What is no text, as half of a character, is left out."""
        query = urlencode({"database": self._database, **parameters}, errors="ignore", quote_via=quote)
        return f"/v1/blobs/{oid.hex()}/{tid.hex()}{what}?{query}"

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
        return _body(self._connection.ask(method, self.target(oid, tid, what, parameters), into))

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
                    raise unreachable(self._socket, error) from error
            patience.wait()

    @contextlib.contextmanager
    def _reaching(self):
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise unreachable(self._socket, error) from error

    def close(self):
        self._connection.close()
        self._of_pages.close()


def _body(answer):
    status, body = answer
    if status == 200:
        return body
    error = _error_of(body)
    if status == 404 and error.get("code") == "BLOB_MISSING":
        raise Missing(error.get("message"))
    raise _as_unavailable(error)


def _as_unavailable(error):
    return BlobUnavailable(*(error.get(name, "") for name in ("code", "subject", "message", "hint")))


def _error_of(body):
    try:
        error = json.loads(body)["error"]
        return {name: str(text) for name, text in error.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"code": "AGENT_UNREACHABLE", "message": "the answer is none of an agent"}
