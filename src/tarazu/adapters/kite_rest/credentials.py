"""Who asks: the API key and today's access token as headers, and kept out of everything people read."""

from collections.abc import Callable

from tarazu.adapters.kite_rest.errors import TokenRefused

LOGIN = "log in, and put today's KITE_ACCESS_TOKEN into the profile's .env"
_FEWEST_CHARS = 4
"""Shorter "secrets" are a mistake in a settings file, and hiding them would make riddles of messages."""


class Credentials:
    def __init__(self, api_key: str, access_token: Callable[[], str]) -> None:
        self._api_key = api_key
        self._access_token = access_token
        self._secrets = {api_key}

    def headers(self) -> dict[str, str]:
        """Raises TokenRefused for what no header can carry: http.client would quote it in its error."""
        token = self._access_token()
        if not _is_word(token) or not _is_word(self._api_key):
            raise TokenRefused(f"no usable API key and access token; {LOGIN}")
        self._secrets.add(token)
        return {
            "X-Kite-Version": "3",
            "Authorization": f"token {self._api_key}:{token}",
            "Accept-Encoding": "gzip",
            "User-Agent": "tarazu",
        }

    def conceal(self, text: str) -> str:
        """`text` without the key and any token there has been: a server or a proxy may echo what it was asked."""
        for secret in tuple(self._secrets):
            if len(secret) >= _FEWEST_CHARS:
                text = text.replace(secret, "***")
        return text


def _is_word(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
