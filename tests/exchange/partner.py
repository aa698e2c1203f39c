"""A partner's server, run as a process of its own: what it does is said by the path, what it got it writes down.

    python partner.py GOT [CERTIFICATE]

prints its port. Each request is a line of JSON in GOT, written before anything is answered.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GOT = Path(sys.argv[1])


class Partner(BaseHTTPRequestHandler):
    """Answers by the path: /take, /500, /close, /mute, /drip, /redirect, /lost, /late; /second refuses once."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        before = GOT.read_text().splitlines()
        line = {"path": self.path, "headers": dict(self.headers), "body": body.decode()}
        with GOT.open("a") as file:
            file.write(json.dumps(line) + "\n")
        page = json.loads(body)["page"]
        if self.path == "/close" or (self.path == "/lost" and not before):
            return
        if self.path == "/mute" or (self.path == "/late" and page == 1):
            time.sleep(30)
        if self.path == "/drip":
            self._drip()
        elif self.path == "/redirect":
            self.send_response(307)
            self.send_header("Location", "/inside")
            self.end_headers()
        else:
            asked = [json.loads(json.loads(one)["body"])["page"] for one in before]
            is_bad = self.path == "/500" or (self.path == "/second" and page == 1 and 1 not in asked)
            self.send_response(500 if is_bad else 200)
            self.end_headers()

    def _drip(self) -> None:
        try:
            for char in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 600:
                self.wfile.write(bytes([char]))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    GOT.touch()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    server.daemon_threads = True
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
