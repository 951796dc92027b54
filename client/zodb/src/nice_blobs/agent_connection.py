"""How the agent is reached: HTTP over a unix socket."""

import http.client
import socket
import time

# Seconds in which the agent says nothing: longer than it takes to download what people store.
SILENCE = 1800
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("agent", timeout=SILENCE)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Patience:
    def __init__(self, seconds):
        self._until, self._next = time.monotonic() + seconds, FIRST_WAIT

    @property
    def is_over(self):
        return time.monotonic() + self._next > self._until

    def wait(self):
        time.sleep(self._next)
        self._next = min(2 * self._next, LONGEST_WAIT)


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
