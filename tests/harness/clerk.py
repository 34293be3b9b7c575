"""A clerk who deals with a front from a seed: any request Kite has, most of them sensible, each written down.

He looks at what the house shows, decides by his dice what to send next, sends it and keeps the command.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from harness.house import APPS, USERS, Command, House
from tarazu.model import ist
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.units import MILLISECOND_NS
from tarazu.sim.dice import Dice
from tarazu.sim.faults import FaultOrder
from tarazu.sim.front.http import FORM, JSON, Response, read_request
from tarazu.wire.kite_orders import TERMINAL
from tarazu.wire.kite_session import checksum

QUIRKS = (
    *("order.stuck", "order.lapse", "order.reject", "order.cancel_fills"),
    *("update.late", "update.lost", "update.duplicate", "update.reorder"),
    *("rest.status", "rest.throttle", "rest.timeout_after", "rest.hangup", "rest.latency", "token.kill"),
    *("market.halt", "market.band_slide", "market.freeze", "market.jump", "instruments.truncated"),
)
PARAMS: dict[str, dict[str, Any]] = {
    "order.stuck": {"release_s": 3.0},
    "order.lapse": {"after_s": 2.0},
    "order.cancel_fills": {"after_s": 2.0},
    "market.jump": {"pct": 0.4},
}

# Each as often as it stands here.
VERBS = (
    *("place",) * 12,
    *("modify",) * 5,
    *("cancel",) * 4,
    *("read",) * 5,
    *("convert", "convert", "gtt", "gtt", "change_gtt", "alert", "calculate", "nonsense"),
)
READS = (
    *("/orders", "/trades", "/portfolio/positions", "/portfolio/holdings", "/user/margins", "/user/profile"),
    *("/gtt/triggers", "/alerts", "/instruments/NFO", "/portfolio/holdings/summary"),
    "/quote?i=NSE:INFY&i=NFO:NIFTY26NOVFUT&i=NSE:NIFTY+50",
    "/quote/ltp?i=NSE:SBIN&i=BSE:INFY",
    "/quote/ohlc?i=NSE:RELIANCE",
    "/instruments/trigger_range/buy?i=NSE:INFY",
)
NONSENSE = (
    ("POST", "/orders/regular", {"exchange": "NSE", "tradingsymbol": "INFY", "quantity": "-3"}),
    ("PUT", "/orders/regular/123", {"quantity": "ten"}),
    ("DELETE", "/orders/nothing/1", {}),
    ("GET", "/no/such/route", {}),
    ("POST", "/gtt/triggers", {"type": "single", "condition": "{", "orders": "[]"}),
)
# (order type, validity, variety, product of shares)
KINDS = (
    *(("LIMIT", "DAY", "regular", "MIS"),) * 4,
    *(("LIMIT", "DAY", "regular", "CNC"),) * 3,
    *(("MARKET", "DAY", "regular", "MIS"),) * 2,
    *(("MARKET", "DAY", "regular", "CNC"), ("LIMIT", "IOC", "regular", "MIS"), ("LIMIT", "TTL", "regular", "CNC")),
    *(("SL", "DAY", "regular", "MIS"), ("SL-M", "DAY", "regular", "MIS"), ("LIMIT", "DAY", "co", "MIS")),
    *(("MARKET", "DAY", "iceberg", "MIS"), ("LIMIT", "DAY", "iceberg", "CNC"), ("LIMIT", "DAY", "amo", "CNC")),
)

T = TypeVar("T")

WAITS_MS = (0, 0, 1, 7, 40, 150, 300, 700, 1_300, 2_900)


class Clerk:
    """Every decision is a draw, so seed and house make the log."""

    def __init__(self, house: House, seed: int, quirks: Sequence[str] = QUIRKS) -> None:
        self.house, self.quirks = house, quirks
        self.log: list[Command] = []
        self.now_ns = house.start_ns
        self._dice, self._draws = Dice(seed), 0
        self._tokens: dict[str, str] = {}
        self._shows = house.broker

    def trade(self, until_ns: int) -> Iterator[Response | None]:
        """Deal until that moment, an answer at a time."""
        while self.now_ns < until_ns:
            yield self._deal()
            self.now_ns += self._one(WAITS_MS) * MILLISECOND_NS

    def rest(self, until_ns: int) -> None:
        """Take the alerts down, be back at that moment and log in again, for tokens die at night."""
        for user in self._tokens:
            if alerts := self.house.front.alerts.of(user):
                self._send(user, "DELETE", "/alerts?" + "&".join(f"uuid={alert.uuid}" for alert in alerts))
        self._tokens.clear()
        self.now_ns = until_ns

    # Choosing.

    def _below(self, end: int) -> int:
        self._draws += 1
        return self._dice.word("clerk", self._draws) % end

    def _one(self, among: Sequence[T]) -> T:
        return among[self._below(len(among))]

    def _deal(self) -> Response | None:
        user = self._one(USERS)
        if user not in self._tokens:
            self._log_in(user)
        if self.quirks and self._below(20) == 0:
            return self._arm(self._one(self.quirks))
        answer = self._act(self._one(VERBS), user)
        if answer.status == 403:
            self._tokens.pop(user, None)
        return answer

    def _act(self, verb: str, user: str) -> Response:
        if verb == "place":
            variety, form = self._order()
            return self._send(user, "POST", f"/orders/{variety}", form)
        if verb == "convert":
            return self._send(user, "PUT", "/portfolio/positions", self._conversion(user))
        if verb == "gtt":
            return self._send(user, "POST", "/gtt/triggers", self._trigger())
        if verb == "change_gtt":
            return self._change_gtt(user)
        if verb == "alert":
            return self._send(user, "POST", "/alerts", self._alert())
        if verb == "calculate":
            path = self._one(("/margins/orders", "/margins/basket", "/charges/orders"))
            return self._send(user, "POST", path, listed=[self._estimate() for _ in range(1 + self._below(3))])
        if verb == "nonsense":
            return self._send(user, *self._one(NONSENSE))
        return self._change(user) if verb == "modify" else self._cancel(user) if verb == "cancel" else self._read(user)

    # Requests.

    def _order(self) -> tuple[str, dict[str, Any]]:
        instrument = self._instrument()
        kind, validity, variety, product = self._one(KINDS)
        tick, ltp = instrument.tick_size_paise, self._ltp(instrument)
        sign = self._one((1, -1))
        variety = variety if not instrument.is_derivative or variety == "amo" else "regular"
        if self._shows.desk.is_amo_time(instrument) and self._below(3):
            variety = "amo"
        quantity = (1 + self._below(4)) * instrument.lot_size * (1 if instrument.is_derivative else 25)
        form: dict[str, Any] = {
            "exchange": instrument.exchange.value,
            "tradingsymbol": instrument.tradingsymbol,
            "transaction_type": "BUY" if sign > 0 else "SELL",
            "quantity": quantity,
            "order_type": kind,
            "validity": validity,
            "product": product if product == "MIS" or not instrument.is_derivative else "NRML",
            "tag": self._one(("", "clerk")),
        }
        stop = ltp + sign * (1 + self._below(6)) * tick
        if kind in ("LIMIT", "SL"):
            price = stop + sign * 3 * tick if kind == "SL" else ltp + (self._below(17) - 8) * tick
            form["price"] = rupees(max(tick, price))
        if kind in ("SL", "SL-M"):
            form["trigger_price"] = rupees(max(tick, stop))
        if kind in ("MARKET", "SL-M"):
            form["market_protection"] = self._one((-1, 2))
        if validity == "TTL":
            form["validity_ttl"] = 1
        if variety == "co":
            form["trigger_price"] = rupees(max(tick, ltp - sign * 40 * tick))
        if variety == "iceberg":
            form |= {"iceberg_legs": 2, "iceberg_quantity": (quantity + 1) // 2}
        if self._below(12) == 0 and not instrument.is_derivative and validity == "DAY" and variety == "regular":
            form["disclosed_quantity"] = max(1, quantity // 4)
        if self._below(15) == 0 and instrument.freeze_qty:
            form |= {"autoslice": "true", "quantity": instrument.freeze_qty + instrument.lot_size}
        return variety, form

    def _change(self, user: str) -> Response:
        row = self._order_row(user)
        if row is None:
            return self._read(user)
        tick = self._shows.universe.instruments[self._index(row.exchange, row.tradingsymbol)].tick_size_paise
        form: dict[str, Any] = {}
        if row.price:
            form["price"] = rupees(max(tick, round(row.price * 100) + (self._below(13) - 6) * tick))
        if self._below(3) == 0:
            form["quantity"] = max(1, row.quantity * self._one((1, 2, 3)) // self._one((1, 2)))
        return self._send(user, "PUT", f"/orders/{row.variety}/{row.order_id}", form)

    def _cancel(self, user: str) -> Response:
        row = self._order_row(user)
        return self._read(user) if row is None else self._send(user, "DELETE", f"/orders/{row.variety}/{row.order_id}")

    def _conversion(self, user: str) -> dict[str, Any]:
        held = [p for p in self._shows.positions(user).net if p.quantity]
        if not held:
            return {}
        row = self._one(held)
        carried = "NRML" if row.exchange == "NFO" else "CNC"
        old = row.product
        lot = self._shows.universe.instruments[self._index(row.exchange, row.tradingsymbol)].lot_size
        return {
            "exchange": row.exchange,
            "tradingsymbol": row.tradingsymbol,
            "transaction_type": "BUY" if row.quantity > 0 else "SELL",
            "position_type": "overnight" if row.overnight_quantity else "day",
            "quantity": max(lot, abs(row.quantity) // self._one((1, 2)) // lot * lot),
            "old_product": old,
            "new_product": carried if old == "MIS" else "MIS",
        }

    def _trigger(self, instrument: Instrument | None = None) -> dict[str, Any]:
        instrument = instrument or self._instrument()
        ltp, tick = self._ltp(instrument), instrument.tick_size_paise
        low, high = (max(tick, round(ltp * (1 + away)) // tick * tick) for away in (-0.004, 0.005))
        two = self._below(2) == 0
        values = [low, high] if two else [self._one((low, high))]
        leg = {
            "exchange": instrument.exchange.value,
            "tradingsymbol": instrument.tradingsymbol,
            "transaction_type": self._one(("BUY", "SELL")),
            "quantity": instrument.lot_size,
            "order_type": "LIMIT",
            "product": "NRML" if instrument.is_derivative else "CNC",
        }
        condition = {
            "exchange": instrument.exchange.value,
            "tradingsymbol": instrument.tradingsymbol,
            "trigger_values": [rupees(v) for v in values],
            "last_price": rupees(ltp),
        }
        return {
            "type": "two-leg" if two else "single",
            "condition": json.dumps(condition),
            "orders": json.dumps([leg | {"price": rupees(v)} for v in values]),
        }

    def _change_gtt(self, user: str) -> Response:
        listed = self._shows.gtts.list(user)
        if not listed:
            return self._send(user, "GET", "/gtt/triggers/1")
        row = self._one(listed)
        path, condition = f"/gtt/triggers/{row['id']}", row["condition"]
        if self._below(2):
            return self._send(user, "DELETE", path)
        index = self._index(condition["exchange"], condition["tradingsymbol"])
        return self._send(user, "PUT", path, self._trigger(self._shows.universe.instruments[index]))

    def _alert(self) -> dict[str, Any]:
        instrument = self._instrument()
        return {
            "name": "watched",
            "type": "simple",
            "lhs_exchange": instrument.exchange.value,
            "lhs_tradingsymbol": instrument.tradingsymbol,
            "lhs_attribute": "LastTradedPrice",
            "operator": self._one((">=", "<=")),
            "rhs_type": "constant",
            "rhs_constant": rupees(self._ltp(instrument)),
        }

    def _estimate(self) -> dict[str, Any]:
        variety, form = self._order()
        return {**form, "variety": variety, "order_id": "1", "average_price": float(form.get("price", 100))}

    def _read(self, user: str) -> Response:
        orders = self._shows.orders(user)
        which = self._below(len(READS) + 3)
        if which < len(READS):
            return self._send(user, "GET", READS[which])
        if which == len(READS) or not orders:
            day = ist.day_of(self.now_ns)
            token = self._instrument().instrument_token
            interval = self._one(("minute", "5minute", "day"))
            return self._send(user, "GET", f"/instruments/historical/{token}/{interval}?from={day}&to={day}&oi=1")
        path = f"/orders/{self._one(orders).order_id}"
        return self._send(user, "GET", path if which == len(READS) + 1 else f"{path}/trades")

    def _arm(self, kind: str) -> None:
        params = PARAMS.get(kind, {})
        armed = FaultOrder(kind=kind, for_s=4.0, count=1 + self._below(3), probability=0.7, params=params)
        self._keep(Command(self.now_ns, fault=armed))

    # Sending.

    def _log_in(self, user: str) -> None:
        app = next(a for a in APPS if a.user_id == user)
        page = self._send("", "GET", f"/connect/login?api_key={app.api_key}")
        granted = parse_qs(urlsplit(page.headers.get("location", "")).query).get("request_token", ["none"])[0]
        form = {"api_key": app.api_key, "request_token": granted}
        form["checksum"] = checksum(app.api_key, granted, app.api_secret)
        answer = self._send("", "POST", "/session/token", form)
        # A fault may have struck; then the next requests are refused, and the login after them succeeds.
        row = json.loads(answer.body)["data"] if answer.status == 200 else None
        self._tokens[user] = f"token {app.api_key}:{row['access_token'] if row else 'none'}"

    def _send(
        self, user: str, method: str, path: str, form: dict[str, Any] | None = None, listed: Any = None
    ) -> Response:
        path, _, query = path.partition("?")
        headers = {"content-type": FORM if listed is None else JSON}
        if user:
            headers["authorization"] = self._tokens[user]
        body = urlencode(form or {}) if listed is None else json.dumps(listed)
        request = read_request(method, path.encode(), query.encode(), headers, body.encode(), "127.0.0.1")
        response = self._keep(Command(self.now_ns, request=request))
        assert response is not None
        return response

    def _keep(self, command: Command) -> Response | None:
        self.log.append(command)
        return self.house.do(command)

    # Looking.

    def _instrument(self) -> Instrument:
        """Any of today's, half of the time a share."""
        listed = self._shows.universe.instruments
        shares = [i for i in listed if i.kind is Kind.EQ]
        return self._one(self._one((shares, listed)))

    def _index(self, exchange: str, symbol: str) -> int:
        return self._shows.universe.index_of_key[f"{exchange}:{symbol}"]

    def _ltp(self, instrument: Instrument) -> int:
        """On the tick grid."""
        tick = instrument.tick_size_paise
        return max(
            tick, self._shows.desk.ltp_paise(self._index(instrument.exchange, instrument.tradingsymbol)) // tick * tick
        )

    def _order_row(self, user: str) -> Any:
        """One of the user's orders, mostly one that still works; None when there is none."""
        rows = self._shows.orders(user)
        working = [row for row in rows if row.status not in TERMINAL]
        chosen = working if working and self._below(8) else rows
        return self._one(chosen) if chosen else None


def rupees(paise: int) -> float:
    return paise / 100
