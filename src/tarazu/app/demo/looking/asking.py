"""The simulated broker asked as any client of its own would: plain REST, by an account that the admin port gives."""

import http.client
import json
import time
from typing import Any

from tarazu.app.broker_address import SimAddress

ASK_S = 10.0
THROTTLED_S, THROTTLED_TRIES = 0.4, 10
_JSON = {"Content-Type": "application/json"}


class NoAnswer(OSError):
    """Another status than 200; the message says to what."""


class Asker:
    """One account; opened where there is none of that name. Raises OSError, HTTPException."""

    def __init__(self, address: SimAddress, user: str = "") -> None:
        """`user`: one that looks on; empty: the desk's own, whose token is left as it is."""
        self._rest = address.rest_url.removeprefix("http://")
        self._admin = address.admin_url.removeprefix("http://")
        key, token = address.api_key, address.access_token
        if user:
            self._told(self._admin, "POST", "/accounts", _JSON, {"user_id": user})
            login = self._told(self._admin, "POST", "/access-token", _JSON, {"user_id": user})
            key, token = login["api_key"], login["access_token"]
        self._headers = {"Authorization": f"token {key}:{token}", "X-Kite-Version": "3"}

    def get(self, path: str) -> Any:
        return self._told(self._rest, "GET", path, self._headers)["data"]

    def text(self, path: str) -> str:
        return _sent(self._rest, "GET", path, self._headers, None).decode()

    def post(self, path: str, body: Any) -> Any:
        return self._told(self._rest, "POST", path, self._headers | _JSON, body)["data"]

    def _told(self, place: str, method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
        return json.loads(_sent(place, method, path, headers, None if body is None else json.dumps(body)))


def _sent(place: str, method: str, path: str, headers: dict[str, str], body: str | None) -> bytes:
    """On this machine: no proxy of the environment stands between. Again where the desk's own questions have used up
    the second: 429. Raises OSError, HTTPException."""
    for _ in range(THROTTLED_TRIES):
        status, told = _once(place, method, path, headers, body)
        if status != http.client.TOO_MANY_REQUESTS:
            break
        time.sleep(THROTTLED_S)
    if status != http.client.OK:
        raise NoAnswer(f"{method} {path}: {status} {told[:200]!r}")
    return told


def _once(place: str, method: str, path: str, headers: dict[str, str], body: str | None) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(place, timeout=ASK_S)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()
