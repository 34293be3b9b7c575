"""The simulated broker's admin port, and its books read as a client of ours would read them."""

import csv
import http.client
import io
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import msgspec

from tarazu.app.broker_address import SimAddress
from tarazu.orders.client_order_id import ClientOrderId, read_tag

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ASK_S = 10.0
_AGAIN_S = 0.4
READ_EVERY_S = 0.8
"""The account's reads are counted, whoever reads, and the desk needs its own."""
PATIENCE_S = 90.0
"""Of a question that faults strike, too."""
ENDED = ("COMPLETE", "CANCELLED", "REJECTED")


class BrokerAway(OSError):
    """The simulated broker does not answer."""


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of the account, as the broker has it."""

    orders: list[dict[str, Any]]
    positions: list[dict[str, Any]]

    @property
    def net(self) -> dict[str, int]:
        """Open units by instrument key; nothing that is flat."""
        return {f"{r['exchange']}:{r['tradingsymbol']}": r["quantity"] for r in self.positions if r["quantity"]}

    @property
    def working(self) -> list[dict[str, Any]]:
        return [row for row in self.orders if row["status"] not in ENDED]

    def of_tag(self, tag: str) -> list[dict[str, Any]]:
        return [row for row in self.orders if row["tag"] == tag]

    @property
    def doubled(self) -> list[str]:
        """Tags of ours that more than one order has: the one thing that must never be."""
        tags = [str(row["tag"]) for row in self.orders if is_ours(row)]
        return sorted({tag for tag in tags if tags.count(tag) > 1})


def is_ours(row: dict[str, Any]) -> bool:
    """Whether it has a tag of our making."""
    return isinstance(read_tag(row["tag"]), ClientOrderId)


class SimBroker:
    """One running simulated broker: what goes wrong at it, and what it knows."""

    def __init__(self, address: SimAddress) -> None:
        self._address = address
        """Raises BrokerAway."""
        apps = self.admin("GET", "/accounts")
        ours = [str(app["user_id"]) for app in apps if app["api_key"] == address.api_key]
        if not ours:
            raise BrokerAway(f"the broker at {address.admin_url} has no account of this home's API key: it is another")
        self._user = ours[0]
        self._onlooker: tuple[str, str] | None = None
        self._read_at = 0.0

    # What goes wrong.

    def strike(self, kind: str, **order: Any) -> int:
        """Arm a fault of `tarazu sim faults`; its number."""
        return int(self.admin("POST", "/faults", {"kind": kind, **order})["id"])

    def calm(self) -> None:
        """No fault strikes any more."""
        self.admin("DELETE", "/faults")

    # What it knows.

    def books(self) -> Books:
        """At most every `READ_EVERY_S`. Raises BrokerAway after `PATIENCE_S` of faults."""
        time.sleep(max(self._read_at + READ_EVERY_S - time.monotonic(), 0.0))
        self._read_at = time.monotonic()
        orders = self._asked("/orders", self._own())
        return Books(orders=orders, positions=self._asked("/portfolio/positions", self._own())["net"])

    def last_price_paise(self, key: str) -> int:
        """Asked by another account: quotes are counted, whoever asks."""
        path = f"/quote/ltp?{urllib.parse.urlencode({'i': key})}"
        price: float = self._asked(path, self._other())[key]["last_price"]
        return round(price * 100)

    def instruments(self) -> list[dict[str, str]]:
        text = self._text("/instruments", self._other())
        return list(csv.DictReader(io.StringIO(text)))

    def place_by_hand(self, **order: Any) -> str:
        """An order that nobody of the desk has decided; its number."""
        answer = self._asked("/orders/regular", self._own(), urllib.parse.urlencode(order).encode())
        return str(answer["order_id"])

    def request_token(self) -> str:
        """What the redirect of a login carries."""
        return str(self.admin("POST", "/request-token", {"user_id": self._user})["request_token"])

    def now_ns(self) -> int:
        return int(self.admin("GET", "/clock")["now_ns"])

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Raises BrokerAway."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address.admin_url + path, data=data, method=method, headers=headers)
        try:
            with _DIRECT.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except OSError as away:
            raise BrokerAway(f"the admin port does not take {method} {path}: {away}") from away

    # What it takes.

    def _own(self) -> str:
        """With the token that lives now; a new one where none does."""
        token = self.admin("POST", "/access-token", {"user_id": self._user})
        return f"token {token['api_key']}:{token['access_token']}"

    def _other(self) -> str:
        if self._onlooker is None:
            app = self.admin("POST", "/accounts", {"user_id": "ONLOOK"})
            token = self.admin("POST", "/access-token", {"user_id": "ONLOOK"})
            self._onlooker = str(app["api_key"]), str(token["access_token"])
        return "token {}:{}".format(*self._onlooker)

    def _asked(self, path: str, authorization: str, body: bytes | None = None) -> Any:
        return json.loads(self._text(path, authorization, body))["data"]

    def _text(self, path: str, authorization: str, body: bytes | None = None) -> str:
        """Again after an answer that was none; an order is asked for once."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                headers = {"Authorization": authorization, "X-Kite-Version": "3"}
                request = urllib.request.Request(self._address.rest_url + path, data=body, headers=headers)
                with _DIRECT.open(request, timeout=_ASK_S) as answer:
                    return str(answer.read().decode())
            except urllib.error.HTTPError as refused:
                told = refused.read().decode(errors="replace")[:300]
                if body is not None or refused.code in (400, 403, 404) or time.monotonic() > deadline:
                    raise BrokerAway(f"{path}: {refused.code} {told}") from refused
            except (OSError, http.client.HTTPException) as away:
                if body is not None or time.monotonic() > deadline:
                    raise BrokerAway(f"{path}: {away}") from away
            time.sleep(_AGAIN_S)
