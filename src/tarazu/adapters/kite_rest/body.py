"""The body of an answer: whole or not at all, no longer than agreed, gunzipped."""

import http.client
import zlib

READ_BYTES = 64 << 10
GZIP = b"\x1f\x8b"
"""How RFC 1952 begins; neither CSV nor JSON does."""


class BadBody(Exception):
    """Cut short, too long, or not gunzippable."""


def read_body(answer: http.client.HTTPResponse, bytes_max: int) -> bytes:
    """Everything, as it was before compression. Raises BadBody, OSError.

    Whether it is compressed is told by its first bytes: some proxies unpack, or pack, and leave the header as it was.
    """
    packed = _read(answer, bytes_max)
    if packed.startswith(GZIP):
        return _gunzip(packed, bytes_max)
    if answer.length is None and not answer.chunked:
        raise BadBody("neither length nor chunks nor gzip: nothing says whether it is whole")
    return packed


def _read(answer: http.client.HTTPResponse, bytes_max: int) -> bytes:
    chunks, size = [], 0
    try:
        while chunk := answer.read1(READ_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > bytes_max:
                raise BadBody(f"longer than {bytes_max} bytes")
    except http.client.HTTPException as bad:
        raise BadBody(f"cut short, or its chunks do not read ({type(bad).__name__})") from None
    if answer.length:
        raise BadBody(f"cut short: {answer.length} bytes are missing")
    return b"".join(chunks)


def _gunzip(packed: bytes, bytes_max: int) -> bytes:
    """One gzip file of one or more members; never unpacks more than a byte beyond what is allowed."""
    parts, left = [], bytes_max + 1
    while packed:
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            parts.append(member.decompress(packed, left))
        except zlib.error as bad:
            raise BadBody(f"not gunzippable: {bad}") from None
        left -= len(parts[-1])
        if not left:
            raise BadBody(f"longer than {bytes_max} bytes when unpacked")
        if not member.eof:
            raise BadBody("cut short: the gzip stream has no end")
        packed = member.unused_data
    return b"".join(parts)
