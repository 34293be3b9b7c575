"""One HTTP request and one response as plain values, and the text of query strings and forms."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from tarazu.model.units import SECOND_NS
from tarazu.wire.kite_errors import Refusal, success

JSON = "application/json"
CSV = "text/csv"
FORM = "application/x-www-form-urlencoded"

# Our own bound; the largest honest body is a basket of a few hundred orders.
BODY_BYTES_MAX = 1 << 20

Pairs = tuple[tuple[str, str], ...]

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Request(msgspec.Struct, frozen=True):
    """What the server hands in. `path` and `query` are percent-decoded, header names lower case."""

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = {}
    body: bytes = b""
    client_ip: str = "127.0.0.1"
    malformed: str = ""
    """Why the query did not decode; answered with 400."""


class Response(msgspec.Struct, frozen=True):
    """What the server sends: after `delay_ns` of virtual time, or, with `hangup`, by cutting the connection then."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = {}
    delay_ns: int = 0
    hangup: bool = False


def read_request(
    method: str, raw_path: bytes, query_string: bytes, headers: Mapping[str, str], body: bytes, client_ip: str
) -> Request:
    """A `Request` from what an HTTP server has: path and query still percent-encoded. Never raises."""
    path = decode_text(raw_path, plus=False)
    query = decode_pairs(query_string)
    return Request(
        method=method,
        path="" if path is None else path,
        query=query or (),
        headers=headers,
        body=body,
        client_ip=client_ip,
        malformed="" if query is not None else "The query string is not valid percent-encoded UTF-8.",
    )


def decode_pairs(raw: bytes) -> Pairs | None:
    """The `name=value` pairs of a query string or form, in order; None when the encoding is broken."""
    pairs = []
    for part in raw.split(b"&"):
        if not part:
            continue
        name, _, value = part.partition(b"=")
        decoded = decode_text(name), decode_text(value)
        if decoded[0] is None or decoded[1] is None:
            return None
        pairs.append((decoded[0], decoded[1]))
    return tuple(pairs)


def decode_text(raw: bytes, plus: bool = True) -> str | None:
    """Percent-decoded UTF-8; None when an escape or the UTF-8 is broken."""
    if plus:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        if _BAD_PERCENT.search(raw):
            return None
        raw = unquote_to_bytes(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def data(value: Any) -> Response:
    """200 with Kite's success envelope."""
    return Response(200, JSON, success(value))


def refused(refusal: Refusal) -> Response:
    """A refusal in Kite's error envelope: always both `status` and `error_type`."""
    return Response(refusal.status, JSON, refusal.body())


def csv(body: bytes) -> Response:
    return Response(200, CSV, body)


def redirect(location: str) -> Response:
    return Response(302, "text/html", b"", {"location": location})


def http_date(ts_ns: int) -> str:
    """The `Date` header of that moment: RFC 9110, whole seconds, GMT."""
    return _date_of(ts_ns // SECOND_NS)


@lru_cache(1)  # requests come in bursts
def _date_of(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, tz=UTC), usegmt=True)
