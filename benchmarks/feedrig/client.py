"""The server's end of one connection, over a blocking socket: as little of the server's CPU as there can be.

A reader that does not read blocks the sender, as TCP does; what is sent is never dropped here.
"""

import base64
import hashlib
import json
import select
import socket
import time

import numpy as np

from feedrig.message import Message, websocket_head

_RFC6455_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_HEARTBEAT = websocket_head(0x2, 1) + b"\0"
HEARTBEAT_S = 1.0


class Client:
    """`tokens` is what it has subscribed to."""

    def __init__(self, sock: socket.socket, index: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.index = index
        self.tokens: list[int] = []
        self.sent = 0
        self.packets = 0
        self.gone = False
        self._sock, self._heard, self._last_s = sock, bytearray(), time.monotonic()
        self.key = self._shake_hands()

    def send(self, message: Message, stamp_ns: int | None = None) -> None:
        """Number it and send it. Without a stamp it gets the time just before the socket."""
        self.sent += 1
        self.packets += message.packets
        message.renew(self.sent, stamp_ns or 0)
        if stamp_ns is None:
            message.stamp(time.monotonic_ns())
        self._write(message.wire)

    def hear(self) -> None:
        """Take what it said since: subscriptions noted, pings answered; a heartbeat when nothing was sent lately."""
        while not self.gone and select.select([self._sock], [], [], 0)[0]:
            octets = self._sock.recv(1 << 16)
            self.gone |= not octets
            self._heard += octets
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == _PING:
                self._write(websocket_head(_PONG, len(payload)) + payload)
            elif opcode == _CLOSE:
                self._write(websocket_head(_CLOSE, len(payload)) + payload)
                self.gone = True
            elif opcode == _TEXT:
                command = json.loads(payload)
                self.tokens += command["v"] if command["a"] == "subscribe" else []
        if time.monotonic() - self._last_s > HEARTBEAT_S:
            self._write(_HEARTBEAT)

    def close(self) -> None:
        self._sock.close()

    def _write(self, octets: bytes | bytearray) -> None:
        if self.gone:
            return
        try:
            self._sock.sendall(octets)
        except OSError:
            self.gone = True
        self._last_s = time.monotonic()

    def _shake_hands(self) -> str:
        """Answers the upgrade; returns the API key asked with."""
        while b"\r\n\r\n" not in self._heard:
            self._heard += self._sock.recv(1 << 16)
        head, _, rest = bytes(self._heard).partition(b"\r\n\r\n")
        self._heard = bytearray(rest)
        lines = head.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (x.partition(b":") for x in lines[1:])}
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + _RFC6455_GUID).digest())
        self._sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        return lines[0].partition(b"api_key=")[2].partition(b"&")[0].decode()

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame it sent; clients mask theirs."""
        heard = self._heard
        if len(heard) < 2:
            return None
        size, at = heard[1] & 0x7F, 2
        if size > 125:
            width = 2 if size == 126 else 8
            if len(heard) < 2 + width:
                return None
            size, at = int.from_bytes(heard[2 : 2 + width], "big"), 2 + width
        if len(heard) < at + 4 + size:
            return None
        mask = np.frombuffer(bytes(heard[at : at + 4]) * (size // 4 + 1), np.uint8)[:size]
        payload = (np.frombuffer(bytes(heard[at + 4 : at + 4 + size]), np.uint8) ^ mask).tobytes()
        opcode = heard[0] & 0xF
        del heard[: at + 4 + size]
        return opcode, payload


def listen() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(True)
    return server
