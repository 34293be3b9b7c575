"""A tiny scripted market, and a scene that plays text tables against an exchange over it."""

import re
from datetime import date, time
from typing import Any

import numpy as np
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import TradingSession
from tarazu.model.ids import TradingSymbol
from tarazu.model.instrument import Exchange as Venue
from tarazu.model.instrument import Instrument, Kind, SegmentByte, token_of
from tarazu.model.order import Side, Validity
from tarazu.model.rules import RuleBook
from tarazu.model.units import SECOND_NS
from tarazu.sim.exchange.exchange import Exchange
from tarazu.sim.market import AuctionInterest
from tarazu.sim.orders import NewOrder, Report, ReportKind
from tarazu.sim.universe import Universe
from tarazu.wire.kite_ticks import TICK

DAY = date(2026, 11, 23)
NO_INTEREST = AuctionInterest((), (), (), 10_000)


def _listed(number: int, exchange: Venue, symbol: str, kind: Kind = Kind.EQ, **more: Any) -> Instrument:
    segment = SegmentByte.INDICES if kind is Kind.INDEX else SegmentByte[exchange]
    return Instrument(
        instrument_token=token_of(number, segment),
        exchange=exchange,
        tradingsymbol=TradingSymbol(symbol),
        name=symbol,
        kind=kind,
        segment=str(exchange),
        **more,
    )


def listed(day: date) -> tuple[Instrument, ...]:
    """Two indices, three shares, and contracts that expire on `day`."""
    nifty: dict[str, Any] = {"expiry": day, "underlying": "NSE:NIFTY 50", "lot_size": 65, "freeze_qty": 1800}
    return (
        _listed(1, Venue.NSE, "NIFTY 50", Kind.INDEX),
        _listed(2, Venue.BSE, "SENSEX", Kind.INDEX),
        _listed(3, Venue.NSE, "INFY", fno_underlying=True),
        _listed(4, Venue.NSE, "SMALL"),
        _listed(5, Venue.BSE, "BIG"),
        _listed(6, Venue.NFO, "NIFTY26NOV26000CE", Kind.CE, strike_paise=2_600_000, **nifty),
        _listed(7, Venue.NFO, "NIFTY26NOVFUT", Kind.FUT, **nifty),
        _listed(8, Venue.NFO, "INFY26NOVFUT", Kind.FUT, expiry=day, underlying="NSE:INFY", lot_size=400),
    )


class ScriptedMarket:
    """Everybody else does what the test says, when it says `plan`."""

    def __init__(self, session: TradingSession) -> None:
        self.session = session
        self.universe = Universe(session.day, listed(session.day))
        n = len(self.universe)
        self.rows: Any = np.zeros(n, dtype=TICK)
        self.rows["close"] = self.rows["ltp"] = 10_000
        self.rows["volume"] = 1_000
        self.changed = np.zeros(n, dtype=np.bool_)
        self.buy_flow = np.zeros(n, dtype=np.int64)
        self.sell_flow = np.zeros(n, dtype=np.int64)
        self.bands = np.tile(np.array([9_000, 11_000], dtype=np.int32), (n, 1))
        self.sigma = np.full(n, 0.2)
        self.interest: dict[int, AuctionInterest] = {}
        self.quiet = False
        """Whether steps say that nothing changed."""
        self._own = self.rows.copy()
        self._due: list[tuple[int, dict[int, tuple[int, int]]]] = []

    def write(self, index: int, **fields: Any) -> None:
        """Change the row as the market will show it from its next step on."""
        for name, value in fields.items():
            self._own[name][index] = value

    def ladder(self, index: int, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        """Levels as (qty, price); one order each."""
        for name, levels in (("bids", bids), ("asks", asks)):
            padded = [(qty, price, 0, 1) for qty, price in levels] + [(0, 0, 0, 0)] * (5 - len(levels))
            self._own[name][index] = padded
        self._own["buy_qty"][index] = sum(q for q, _ in bids)
        self._own["sell_qty"][index] = sum(q for q, _ in asks)

    def plan(self, ts_ns: int, flows: dict[int, tuple[int, int]] | None = None) -> None:
        """A step at `ts_ns`, in which aggressors bought and sold so many units."""
        self._due.append((ts_ns, flows or {}))

    def next_ns(self) -> int | None:
        return self._due[0][0] if self._due else None

    def step(self) -> int:
        ts_ns, flows = self._due.pop(0)
        self.buy_flow[:] = self.sell_flow[:] = 0
        for index, (bought, sold) in flows.items():
            self.buy_flow[index], self.sell_flow[index] = bought, sold
            self._own["volume"][index] += bought + sold
        self.changed[:] = not self.quiet
        self.rows[:] = self._own
        return ts_ns

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        return self.interest.get(index, NO_INTEREST)


def paise(text: str) -> int:
    return 0 if text == "MKT" else round(float(text) * 100)


def _levels(text: str) -> list[tuple[int, int]]:
    return [(int(q), paise(p)) for q, p in re.findall(r"(\d+)@([\d.]+)", text)]


_ORDER = re.compile(
    r"(?P<id>\w+) (?P<side>BUY|SELL) (?P<qty>-?\d+) @ (?P<price>[-\d.]+|MKT)"
    r"(?: trigger (?P<trigger>[\d.]+))?(?: show (?P<show>\d+))?(?: ttl (?P<ttl>\d+))?(?P<ioc> IOC)?"
)
_AMEND = re.compile(r"amend (?P<id>\w+) (?P<qty>\d+) @ (?P<price>[\d.]+|MKT)(?: trigger (?P<trigger>[\d.]+))?")


class Scene:
    """One exchange over one scripted market. Prices in rupees; times IST; everything happens at `now`."""

    def __init__(self, session: TradingSession, rules: RuleBook, symbol: str = "INFY", seed: int = 7) -> None:
        self.market = ScriptedMarket(session)
        self.exchange = Exchange(self.market, rules, seed)
        self.session = session
        self.now_ns = session.first_ns
        self.reports: list[Report] = []
        self.on(symbol)

    def on(self, symbol: str) -> None:
        """Following lines are about this instrument."""
        self.index = next(n for n, i in enumerate(self.market.universe.instruments) if i.tradingsymbol == symbol)

    def play(self, table: str) -> None:
        """Each line is `command -> what the exchange says`; reports are given by their beginning, `;` between them.

        A line that begins with `;` goes on with the one before.
        """
        lines = re.sub(r"\n\s*;", " ;", table).splitlines()
        for line in filter(None, map(str.strip, lines)):
            command, _, wanted = (" ".join(part.split()) for part in line.partition("->"))
            said = self.do(command)
            expected = [part.strip() for part in wanted.split(";") if part.strip()]
            fits = len(said) == len(expected) and all(s.startswith(e) for s, e in zip(said, expected, strict=True))
            assert fits, f"{command}\n  wanted: {'; '.join(expected)}\n  got:    {'; '.join(said)}"

    def do(self, command: str) -> list[str]:
        verb, _, rest = command.partition(" ")
        if verb == "on":
            self.on(rest)
            return []
        if verb == "book":
            bids, _, asks = rest.partition("|")
            self.market.ladder(self.index, _levels(bids), _levels(asks))
            return []
        if verb == "ltp":
            self.market.write(self.index, ltp=paise(rest))
            return []
        if verb == "show":
            return [" ".join(self.shown().split())]
        reports = self._act(verb, command, rest)
        self.reports += reports
        return [_text(r) for r in reports]

    def shown(self) -> str:
        """The row as seen: `bids | asks | ltp`, levels as qty@price(orders)."""
        row = self.exchange.row(self.index)
        bids, asks = (
            " ".join(f"{qty}@{price / 100:g}({orders})" for qty, price, _, orders in row[name].tolist() if qty)
            for name in ("bids", "asks")
        )
        return f"{bids} | {asks} | {row['ltp'] / 100:g}"

    def to(self, ts_ns: int) -> list[Report]:
        """Let everything happen that is due until `ts_ns`."""
        reports: list[Report] = []
        while (due := self.exchange.next_ns()) is not None and due <= ts_ns:
            reports += self.exchange.step()
        self.now_ns = ts_ns
        return reports

    def step(self, bought: int = 0, sold: int = 0) -> list[Report]:
        """The market steps a second from now."""
        self.market.plan(self.now_ns + SECOND_NS, {self.index: (bought, sold)})
        return self.to(self.now_ns + SECOND_NS)

    def enter(self, order_id: str, side: Side, qty: int, price_paise: int, **more: Any) -> list[Report]:
        new = NewOrder(
            order_id=order_id,
            user_id="TZ0001",
            index=self.index,
            side=side,
            qty=qty,
            price_paise=price_paise,
            **more,
        )
        return self.exchange.enter(new, self.now_ns)

    def _act(self, verb: str, command: str, rest: str) -> list[Report]:
        if verb == "at":
            return self.to(ist.at_ns(self.session.day, time.fromisoformat(rest)))
        if verb == "step":
            flows = dict(re.findall(r"(buy|sell) (\d+)", rest))
            return self.step(int(flows.get("buy", 0)), int(flows.get("sell", 0)))
        if verb == "cancel":
            return self.exchange.cancel(rest, self.now_ns)
        if verb == "halt":
            self.exchange.halt(self.now_ns, None if rest == "day" else int(rest))
            return []
        if verb == "slide":
            return self.exchange.slide_band(self.index, rest == "up", self.now_ns)
        if found := _AMEND.fullmatch(command):
            return self._amend(found)
        found = _ORDER.fullmatch(command)
        assert found, f"cannot read: {command}"
        return self._order(found)

    def _order(self, found: re.Match[str]) -> list[Report]:
        ttl = found["ttl"]
        validity = Validity.IOC if found["ioc"] else Validity.TTL if ttl else Validity.DAY
        return self.enter(
            found["id"],
            Side(found["side"]),
            int(found["qty"]),
            paise(found["price"]),
            trigger_paise=paise(found["trigger"] or "0"),
            validity=validity,
            ttl_until_ns=self.now_ns + int(ttl) * SECOND_NS if ttl else None,
            disclosed_qty=int(found["show"] or 0),
        )

    def _amend(self, found: re.Match[str]) -> list[Report]:
        order = self.exchange.working(found["id"])
        trigger = paise(found["trigger"] or "0")
        disclosed = order.disclosed_qty if order else 0
        return self.exchange.amend(
            found["id"], int(found["qty"]), paise(found["price"]), trigger, Validity.DAY, disclosed, self.now_ns
        )


def _text(report: Report) -> str:
    if report.kind is ReportKind.TRADED:
        return f"{report.order_id} TRADED {report.qty}@{report.price_paise / 100:g}"
    qty = f" {report.qty}" if report.kind is ReportKind.CANCELED else ""
    return f"{report.order_id} {report.kind}{qty} {report.text}".strip()


def regular_session(day: date = DAY) -> TradingSession:
    session = reference.calendar().session(day)
    assert session is not None
    return session


@pytest.fixture
def scene() -> Scene:
    """INFY at 100, 10:00 on 23 Nov 2026, a book of two levels a side."""
    made = Scene(regular_session(), reference.rules("nse-2026"))
    made.play("""
        at   10:00
        book 500@99.95 900@99.90 | 400@100.05 800@100.10
        step
    """)
    return made


@pytest.fixture
def new_scene() -> Any:
    """`new_scene(symbol, day=..., profile=..., seed=...)`: a scene before the market's first step."""

    def make(symbol: str = "INFY", day: date = DAY, profile: str = "nse-2026", seed: int = 7) -> Scene:
        return Scene(regular_session(day), reference.rules(profile), symbol, seed)

    return make
