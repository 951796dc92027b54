"""How the agent is reached: HTTP over a unix socket."""

import errno
import http.client
import os
import socket
import threading
import time

from nice_blobs.errors import BlobUnavailable

# Seconds in which the agent says nothing: longer than it takes to download what people store.
SILENCE = 1800
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0
CHUNK = 2**20


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, silence=SILENCE):
        super().__init__("agent", timeout=silence)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class KeptConnection:
    """One for each thread, and none that a fork would share."""

    def __init__(self, path, wait, silence=SILENCE):
        self._path, self._wait, self._silence = path, wait, silence
        self._local = threading.local()

    def ask(self, method, target, into=None):
        """The status and the body. Every request may be repeated. An agent that is starting anew is waited for; any answer of it is the answer."""
        patience = Patience(self._wait)
        while True:
            fresh = self._connect()
            try:
                return _exchange(self._local.connection, method, target, into)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not fresh and not isinstance(error, TimeoutError):  # closed while it was idle
                    continue
                if patience.is_over:
                    raise unreachable(self._path, error) from error
            patience.wait()

    def _connect(self):
        """Whether there was no connection yet."""
        local = self._local
        if getattr(local, "connection", None) and local.pid == os.getpid():
            return False
        local.connection, local.pid = UnixConnection(self._path, self._silence), os.getpid()
        return True

    def close(self):
        """This thread's connection; those of others end with their threads, or when they were idle."""
        if getattr(self._local, "connection", None):
            self._local.connection.close()
            self._local.connection = None


class Patience:
    def __init__(self, seconds):
        self._until, self._next = time.monotonic() + seconds, FIRST_WAIT

    @property
    def is_over(self):
        return time.monotonic() + self._next > self._until

    def wait(self):
        time.sleep(self._next)
        self._next = min(2 * self._next, LONGEST_WAIT)


def unreachable(path, error):
    return BlobUnavailable("AGENT_UNREACHABLE", path, repr(error), "is nice-blobs agent running? What is on this host is still read")


def begin_upload(connection, target):
    connection.putrequest("PUT", target)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()


def send_chunk(connection, chunk):
    """False where nobody listens any more: the answer tells why."""
    try:
        connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False


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
