"""A market whose prices the test sets, and a scene that places orders and reads what became of them."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import numpy as np
import pytest

from tarazu import reference
from tarazu.model import ist
from tarazu.model.calendar import TradingSession
from tarazu.model.ids import TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind, SegmentByte, token_of
from tarazu.model.order import Side
from tarazu.model.units import SECOND_NS
from tarazu.sim.broker.broker import AccountSeed, Broker, BrokerConfig
from tarazu.sim.faults import FaultOrder
from tarazu.sim.market import AuctionInterest
from tarazu.sim.orders import ModifyRequest, OrderRequest, Placed
from tarazu.sim.synthetic.scenario import SCENARIOS
from tarazu.sim.universe import Universe
from tarazu.wire.kite_errors import Refusal
from tarazu.wire.kite_orders import OrderRow
from tarazu.wire.kite_ticks import TICK

DAY = date(2026, 11, 23)  # Monday; the closing auction of 2026 is in force, Tuesday 24 Nov is a holiday
USER = "TZ0001"
RUPEE = 100


def _listed(number: int, exchange: Exchange, symbol: str, kind: Kind, **more: Any) -> Instrument:
    segment = SegmentByte.INDICES if kind is Kind.INDEX else SegmentByte[exchange]
    more = {"name": symbol, "segment": str(exchange), **more}
    return Instrument(
        instrument_token=token_of(number, segment),
        exchange=exchange,
        tradingsymbol=TradingSymbol(symbol),
        kind=kind,
        **more,
    )


_NIFTY = {"name": "NIFTY", "underlying": "NSE:NIFTY 50", "lot_size": 65, "freeze_qty": 1800}
# Instrument and the price it opens at, in paise.
LISTED = (
    (_listed(1001, Exchange.NSE, "NIFTY 50", Kind.INDEX, segment="INDICES"), 26_000_00),
    (_listed(408, Exchange.NSE, "INFY", Kind.EQ, fno_underlying=True), 1_500_00),
    (_listed(409, Exchange.NSE, "SOUTHBANK", Kind.EQ), 25_00),
    (_listed(500, Exchange.BSE, "INFY", Kind.EQ, fno_underlying=True), 1_500_00),
    (
        _listed(701, Exchange.NFO, "NIFTY26NOV26000CE", Kind.CE, expiry=DAY, strike_paise=26_000_00, **_NIFTY),
        150_00,
    ),
    (_listed(702, Exchange.NFO, "NIFTY26DECFUT", Kind.FUT, expiry=date(2026, 12, 29), **_NIFTY), 26_100_00),
    (
        _listed(
            703, Exchange.NFO, "INFY26DEC1500CE", Kind.CE, expiry=date(2026, 12, 29), strike_paise=1_500_00,
            name="INFY", underlying="NSE:INFY", lot_size=400, freeze_qty=50_000,
        ),
        40_00,
    ),
)  # fmt: skip


class ScriptedMarket:
    """Steps once a second, once a minute while a scene skips ahead.

    `price` is everybody's price from the next step on, `sells` what aggressors sell in it.
    """

    pace_ns = SECOND_NS

    def __init__(self, universe: Universe, session: TradingSession, closes: dict[str, int]) -> None:
        listed = Universe(session.day, [i for i, _ in LISTED])
        self.universe, self.session = listed, session
        n = len(listed)
        self.rows = np.zeros(n, TICK)
        self.rows["token"] = [i.instrument_token for i in listed.instruments]
        self.rows["close"] = [closes.get(i.key, p) for i, p in LISTED]
        self.changed = np.ones(n, np.bool_)
        self.buy_flow, self.sell_flow = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.bands = np.array([(p * 8 // 10, p * 12 // 10) for _, p in LISTED], np.int32)
        self.sigma = np.full(n, 0.15)
        self.price = {i.key: p for i, p in LISTED}
        self.depth_qty = 100_000
        self._ticks = np.array([i.tick_size_paise for i in listed.instruments])
        self.sells: dict[str, int] = {}
        self._next_ns = session.first_ns

    def next_ns(self) -> int | None:
        return self._next_ns if self._next_ns <= self.session.last_ns else None

    def step(self) -> int:
        now_ns, self._next_ns = self._next_ns, self._next_ns + self.pace_ns
        ltp = np.fromiter(self.price.values(), np.int64, len(self.price))
        self.rows["ltp"] = ltp
        self.rows["last_trade_ts"] = self.rows["exchange_ts"] = now_ns // SECOND_NS
        self.rows["volume"] += 1
        away = self._ticks[:, None] * np.arange(1, 6)
        self.rows["bids"]["price"], self.rows["asks"]["price"] = ltp[:, None] - away, ltp[:, None] + away
        self.rows["bids"]["qty"] = self.rows["asks"]["qty"] = self.depth_qty
        self.rows["bids"]["orders"] = self.rows["asks"]["orders"] = 1
        self.sell_flow[:] = [self.sells.get(key, 0) for key in self.price] if self.sells else 0
        self.sells.clear()
        return now_ns

    def auction_interest(self, index: int, closing: bool) -> AuctionInterest:
        price = self.price[self.universe.instruments[index].key]
        return AuctionInterest((price,), (10_000,), (10_000,), price)


class Scene:
    """One broker, one account, and short words for what a user does and sees."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    @property
    def market(self) -> ScriptedMarket:
        market = self.broker.exchange.market
        assert isinstance(market, ScriptedMarket)
        return market

    def ask(self, **terms: Any) -> Placed | Refusal:
        """Place an order; by default ten INFY at 1,500 in MIS. `symbol` is EXCHANGE:NAME, prices in rupees."""
        words: dict[str, Any] = {"side": "BUY", "symbol": "NSE:INFY", "order_type": "LIMIT", "product": "MIS"}
        words |= {"variety": "regular", "quantity": 10, "price": 1_500.0 if "order_type" not in terms else 0.0}
        words |= terms
        exchange, symbol = words.pop("symbol").split(":")
        request = OrderRequest(
            exchange=exchange,
            tradingsymbol=symbol,
            transaction_type=Side(words.pop("side")),
            price_paise=round(words.pop("price") * RUPEE),
            trigger_paise=round(words.pop("trigger", 0) * RUPEE),
            **words,
        )
        return self.broker.place(USER, request)

    def place(self, **terms: Any) -> str:
        """Place an order that must be taken; its id."""
        answer = self.ask(**terms)
        assert isinstance(answer, Placed), answer
        return answer.order_id

    def modify(self, order_id: str, **terms: Any) -> str | Refusal:
        prices = {"price": "price_paise", "trigger": "trigger_paise"}
        fields = {prices.get(k, k): round(v * RUPEE) if k in prices else v for k, v in terms.items()}
        return self.broker.modify(USER, self.row(order_id).variety, order_id, ModifyRequest(**fields))

    def cancel(self, order_id: str) -> str | Refusal:
        return self.broker.cancel(USER, self.row(order_id).variety, order_id)

    def wait(self, seconds: float = 2.0) -> None:
        self.broker.advance(self.broker.now_ns + round(seconds * SECOND_NS))

    def go(self, hour: int, minute: int, day: date = DAY) -> None:
        """Skip to that time, the last minute of it at full pace."""
        to_ns = ist.at_ns(day, time(hour, minute))
        ScriptedMarket.pace_ns = 60 * SECOND_NS
        self.broker.advance(max(self.broker.now_ns, to_ns - 61 * SECOND_NS))
        ScriptedMarket.pace_ns = SECOND_NS
        self.broker.advance(to_ns)

    def price(self, rupees: float, key: str = "NSE:INFY") -> None:
        """Move the market of an instrument, from its next step on."""
        self.market.price[key] = round(rupees * RUPEE)

    def arm(self, kind: str, **more: Any) -> None:
        self.broker.faults.arm(FaultOrder(kind=kind, **more), self.broker.now_ns)

    def row(self, order_id: str) -> OrderRow:
        return self.history(order_id)[-1]

    def history(self, order_id: str) -> list[OrderRow]:
        rows = self.broker.order_history(USER, order_id)
        assert isinstance(rows, list)
        return rows

    def statuses(self, order_id: str) -> str:
        return " > ".join(row.status for row in self.history(order_id))

    def orders(self) -> list[OrderRow]:
        return self.broker.orders(USER)


Opener = Callable[..., Scene]


@pytest.fixture
def open_scene() -> Opener:
    """Opens a scene: keyword arguments change the configuration."""

    def opened(
        profile: str = "nse-2026", at: time = time(10, 0), day: date = DAY, cash: int = 10_00_000, **more: Any
    ) -> Scene:
        rules = reference.rules(profile)
        settings: dict[str, Any] = {
            "seed": 7,
            "rules": rules,
            "calendar": reference.calendar_for(rules),
            "charge_rates": reference.charge_rates(),
            "scenario": SCENARIOS["quiet"],
            "size": "tiny",
            "start_ns": ist.at_ns(day, at) - 61 * SECOND_NS,
            "accounts": (AccountSeed(user_id=USER, cash_paise=cash * RUPEE, holdings=(("NSE:INFY", 40),)),),
            "market_factory": ScriptedMarket,
        }
        ScriptedMarket.pace_ns = 60 * SECOND_NS
        scene = Scene(Broker(BrokerConfig(**(settings | more))))
        scene.go(at.hour, at.minute, day)
        return scene

    return opened


@pytest.fixture
def scene(open_scene: Opener) -> Scene:
    """Monday 23 Nov 2026, 10:00, everything trading."""
    return open_scene()
