"""An agent that takes live reports, answers with URLs, and does nothing else, on a socket of its own."""

import http.server
import json
import os
import socketserver
import threading
from urllib.parse import parse_qs, urlsplit


class FakeAgent:
    """`reports` has what came whole; `refusal`, a code, is answered before anything is read.

    `urls` has what is answered for a ref, and `asked` each ref and parameters that a URL was asked for.
    """

    def __init__(self, socket):
        os.makedirs(os.path.dirname(socket), exist_ok=True)
        self.forget()
        self._cut_off = threading.Event()
        self._server = _Server(socket, _Handler)
        self._server.agent = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    def forget(self):
        self.reports, self.refusal = [], None
        self.urls, self.asked = {}, []

    def await_cut_off(self):
        """Until a request ended before its end."""
        assert self._cut_off.wait(30)

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        agent = self.server.agent
        if agent.refusal:
            return self._refuse(agent.refusal)
        target = urlsplit(self.path)
        _, _, _, oid, tid, what = target.path.split("/")
        ref = bytes.fromhex(oid), bytes.fromhex(tid)
        parameters = {name: value for name, (value,) in parse_qs(target.query).items()}
        agent.asked.append((ref, parameters))
        if what != "url" or ref not in agent.urls:
            return self._answer(404, {"error": {"code": "BLOB_MISSING", "message": "no", "subject": oid, "hint": "ask"}})
        return self._answer(200, {"expires": 0, "disposition": parameters["disposition"], **agent.urls[ref]})

    def do_PUT(self):
        agent = self.server.agent
        if agent.refusal:
            return self._refuse(agent.refusal)
        text = self._read_chunks()
        if text is None:
            agent._cut_off.set()
            self.close_connection = True
            return None
        agent.reports.append((self.path, text))
        return self._answer(200, {"report": "a report", "revisions": text.count(b"\n") - 1})

    def _refuse(self, code):
        self.close_connection = True
        return self._answer(503, {"error": {"code": code, "message": "no", "subject": "main", "hint": "ask"}})

    def _read_chunks(self):
        text = b""
        while line := self.rfile.readline():
            size = int(line, 16)
            text += self.rfile.read(size)
            self.rfile.readline()
            if size == 0:
                return text
        return None

    def _answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "the test"

    def log_message(self, *words):
        pass
