"""Where a broker is, and how it is spoken to privately: shared by the clients of its REST API."""

import ssl
from functools import cache
from urllib.parse import urlsplit

import msgspec


class Origin(msgspec.Struct, frozen=True):
    secure: bool
    host: str
    port: int


def origin_of(root: str) -> Origin:
    """Raises ValueError for what is no `http(s)://host[:port]`."""
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"{root!r} is no http:// or https:// address of a host alone")
    if parts.username is not None:
        raise ValueError("the address of the broker carries a user name; credentials go by the API key and token")
    secure = parts.scheme == "https"
    return Origin(secure, parts.hostname, parts.port or (443 if secure else 80))


@cache
def tls() -> ssl.SSLContext:
    """Verifies chain and host name against the system's authorities. Made once: it takes some 20 ms."""
    return ssl.create_default_context()
