"""A real HTTP server on loopback that gives its answers in turn, whatever it is asked, and hangs up after each."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"


@contextmanager
def scripted_http(*answers: bytes) -> Iterator[str]:
    """Its root address. Each answer is a whole one's bytes, or what is left of one; further questions get none."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.close_connection = True
            head = self.rfile.readline()
            length = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.rfile.read(length)
            if head and left:
                self.wfile.write(left.pop(0))
            self.connection.shutdown(socket.SHUT_RDWR)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
