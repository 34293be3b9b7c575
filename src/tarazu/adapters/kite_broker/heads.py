"""The standing part of every request: host, version, credentials. And the credentials kept out of what people read."""

from collections.abc import Callable

from tarazu.adapters.kite_origin import Origin

NO_TOKEN = "no usable API key and access token; log in, and put today's KITE_ACCESS_TOKEN into .env"
TOLD_CHARS_MAX = 200
_FEWEST_CHARS = 4
"""Shorter "secrets" are a mistake in a settings file, and hiding them would make riddles of messages."""

FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
JSON = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
EMPTY = b"Content-Length: 0\r\n\r\n"
END = b"\r\n"


class Heads:
    """Asks for the token at every request; builds the bytes anew only when it is another."""

    def __init__(self, origin: Origin, api_key: str, access_token: Callable[[], str]) -> None:
        self._host = _host(origin)
        self._api_key = api_key
        self._access_token = access_token
        self._secrets = {api_key}
        self._token = ""
        self._standing = b""

    def standing(self) -> bytes | None:
        """The headers that all requests have; None when key or token is none that a header could carry."""
        token = self._access_token()
        if token != self._token:
            self._token, self._standing = token, self._built(token)
        return self._standing or None

    def conceal(self, text: str) -> str:
        """`text`, not too long, without the key and any token there has been: a server may echo what it was asked."""
        for secret in self._secrets:
            if len(secret) >= _FEWEST_CHARS:
                text = text.replace(secret, "***")
        return text[:TOLD_CHARS_MAX]

    def _built(self, token: str) -> bytes:
        if not _is_word(token) or not _is_word(self._api_key):
            return b""
        self._secrets.add(token)
        return (
            f"Host: {self._host}\r\nUser-Agent: tarazu\r\nX-Kite-Version: 3\r\n"
            f"Authorization: token {self._api_key}:{token}\r\n"
        ).encode("ascii")


def _host(origin: Origin) -> str:
    name = f"[{origin.host}]" if ":" in origin.host else origin.host
    return name if origin.port == (443 if origin.secure else 80) else f"{name}:{origin.port}"


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
