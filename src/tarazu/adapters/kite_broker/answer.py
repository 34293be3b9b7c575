"""One HTTP/1.1 answer as it arrives: whole, or not at all. No I/O; bytes in any pieces."""

import httptools

HEAD_BYTES_MAX = 64 << 10
"""Ours: what an answer may have besides its body, chunk sizes included."""

_DATE = b"date"


class NotHttp(Exception):
    """These bytes are no answer."""


class TooLong(Exception):
    """More than was agreed."""


class AnswerReader:
    """Reads one answer and then no more. Interim answers (1xx) are passed over.

    An answer with neither length nor chunks never becomes whole: nothing tells its end from a cut.
    """

    def __init__(self, body_bytes_max: int) -> None:
        self.whole = False
        self.status = 0
        self.date = b""
        self.keep_alive = False
        """The server keeps the connection, and sent nothing beyond the answer."""
        self.received = 0
        self._bytes_max = body_bytes_max + HEAD_BYTES_MAX
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    @property
    def body(self) -> bytes:
        return self._body[0] if len(self._body) == 1 else b"".join(self._body)

    def feed(self, data: bytes) -> bool:
        """True when the answer is whole. Raises NotHttp and TooLong; then it will never be."""
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as bad:
            if not self.whole:
                raise NotHttp(f"{type(bad).__name__} {bad}") from None
            self.keep_alive = False
        if self.received > self._bytes_max:
            raise TooLong(f"longer than {self._bytes_max} bytes")
        return self.whole

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.whole:
            self.keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(name) == 4 and not self.whole and name.lower() == _DATE:
            self.date = value

    def on_body(self, part: bytes) -> None:
        if not self.whole:
            self._body.append(part)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.whole or status < 200:
            return
        self.whole, self.status = True, status
        self.keep_alive = self._parser.should_keep_alive()
