"""A whole broker behind its front, in process: no socket, no clock. `shop.kite()` is the unmodified official client."""

import json
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from kiteconnect import KiteConnect
from requests.adapters import BaseAdapter

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import Pace
from tarazu.model.units import SECOND_NS
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.front.front import Front
from tarazu.sim.front.http import FORM, JSON, Request, Response, read_request
from tarazu.sim.front.sessions import App, Sessions
from tarazu.sim.synthetic.scenario import SCENARIOS

DAY = date(2026, 11, 19)
ROOT = "http://front.invalid"
APPS = (
    App(api_key="kite1", api_secret="secret1", user_id="TZ0001", redirect_url=f"{ROOT}/landed"),
    App(api_key="kite2", api_secret="secret2", user_id="TZ0002", approved=True, allowed_ips=("10.0.0.1",)),
)


class Wire(BaseAdapter):
    """Carries `requests`' messages to a front and its answers back, as a server would."""

    def __init__(self, shop: "Shop") -> None:
        super().__init__()
        self.shop = shop

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        url = urlsplit(request.url or "")
        body = request.body or b""
        answer = self.shop.handle(
            read_request(
                request.method or "",
                str(url.path).encode(),
                str(url.query).encode(),
                {name.lower(): value for name, value in request.headers.items()},
                body if isinstance(body, bytes) else body.encode(),
                "127.0.0.1",
            )
        )
        if answer.hangup:
            raise requests.ConnectionError("the broker hung up")
        response = requests.Response()
        response.status_code, response._content, response.request = answer.status, answer.body, request
        response.url = request.url or ""
        response.headers.update({"content-type": answer.content_type, **answer.headers})
        return response

    def close(self) -> None:
        return None


class Reply:
    def __init__(self, response: Response) -> None:
        self.raw = response
        self.status = response.status

    @property
    def json(self) -> Any:
        return json.loads(self.raw.body)

    @property
    def data(self) -> Any:
        assert self.status == 200, self.raw.body
        return self.json["data"]

    @property
    def error(self) -> tuple[int, str]:
        assert (self.json["status"] == "error" and self.json["data"] is None) or "data" in self.json
        return self.status, self.json["error_type"]


class Shop:
    """A broker, its front, and the virtual time. Each request comes a second after the one before."""

    def __init__(self, profile: str = "nse-2026", at: time = time(10), day: date = DAY) -> None:
        rules = reference.rules(profile)
        self.now_ns = ist.at_ns(day, at)
        self.broker = Broker(
            BrokerConfig(
                seed=7,
                rules=rules,
                calendar=reference.calendar_for(rules),
                charge_rates=reference.charge_rates(),
                scenario=SCENARIOS["quiet"],
                size="tiny",
                step_ns=SECOND_NS,
                start_ns=self.now_ns,
                pace=Pace.FULL,
                accounts=tuple(AccountSeed(user_id=app.user_id) for app in APPS),
            )
        )
        self.sessions = Sessions(APPS, 7, rules.token_dies_at)
        self.front = Front(self.broker, self.sessions)
        self.login = self.sessions.log_in("kite1", self.now_ns)
        self.other = self.sessions.log_in("kite2", self.now_ns)
        self.pace_ns = SECOND_NS

    def handle(self, request: Request) -> Response:
        self.now_ns += self.pace_ns
        return self.front.handle(request, self.now_ns)

    def later(self, seconds: float) -> None:
        self.now_ns += round(seconds * SECOND_NS)
        self.broker.advance(self.now_ns)

    def call(
        self,
        method: str,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        body: bytes | None = None,
        listed: Any = None,
        login: Any = None,
        token: str | None = None,
        content_type: str | None = None,
        client_ip: str = "127.0.0.1",
    ) -> Reply:
        """`form` goes into the body, `path` may carry a query, `listed` is sent as JSON."""
        path, _, query = path.partition("?")
        login = login or self.login
        headers = {"authorization": f"token {login.app.api_key}:{login.access_token}" if token is None else token}
        if listed is not None:
            body, content_type = json.dumps(listed).encode(), content_type or JSON
        elif body is None:
            body = urlencode(form or {}).encode()
        headers["content-type"] = content_type or FORM
        return Reply(self.handle(read_request(method, path.encode(), query.encode(), headers, body, client_ip)))

    def kite(self, token: str | None = None) -> KiteConnect:
        """The official client, its requests carried to this front."""
        kite = KiteConnect("kite1", access_token=token or self.login.access_token, root=ROOT)
        kite.reqsession.mount(ROOT, Wire(self))
        return kite

    def books(self) -> str:
        """Everything of both accounts that a refused request must leave alone."""
        state: dict[str, Any] = {}
        for user_id, account in self.broker.accounts.items():
            state[user_id] = {
                "orders": [repr(row) for row in self.broker.orders(user_id)],
                "trades": repr(self.broker.trades(user_id, None)),
                "positions": repr(list(account.positions)),
                "holdings": repr(list(account.holdings)),
                "ledger": repr(account.ledger.entries),
                "gtts": self.broker.gtts.list(user_id),
                "alerts": repr(self.front.alerts.of(user_id)),
            }
        return json.dumps(state, sort_keys=True)

    def ltp(self, key: str) -> float:
        index = self.broker.universe.index_of_key[key]
        return int(self.broker.exchange.row(index)["ltp"]) / 100

    def order(self, **change: Any) -> dict[str, Any]:
        """A harmless resting order for ten INFY, 5 % under the market, with these changes; None leaves a field out."""
        price = round(self.ltp("NSE:INFY") * 0.95)
        form = {
            "exchange": "NSE",
            "tradingsymbol": "INFY",
            "transaction_type": "BUY",
            "quantity": 10,
            "product": "CNC",
            "order_type": "LIMIT",
            "price": price,
        }
        return {name: value for name, value in {**form, **change}.items() if value is not None}


@pytest.fixture(scope="module")
def shop() -> Shop:
    """One broker for the module's tests: they leave it usable."""
    return Shop()


@pytest.fixture
def open_shop() -> Callable[..., Shop]:
    """A broker of one's own."""
    return Shop
