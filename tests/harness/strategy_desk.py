"""An engine at a desk of paper with an index, its future and a ladder of options, all priced from one number: the spot.

    desk = StrategyDesk("orb_spread", range_minutes=1).begin()
    desk.passes(60, spot=2_610_000)

Time passes in seconds, each with its tick, its market and its reads; the paper broker fills at the touch what reaches
it and lets the rest work. A second engine recovers from every step, as at every `EngineDesk`.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from harness.engine_desk import CONFIG, EngineDesk, PaperQuotes, touch
from harness.order_story import DAY
from tarazu.app.why.names import Told
from tarazu.engine import messages as m
from tarazu.engine.acts import Decide, Deny, Step
from tarazu.engine.codec import Record
from tarazu.engine.messages import Stamped
from tarazu.market.black76 import price
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Exchange, Instrument, Kind
from tarazu.model.order import OrdType, Product, Side
from tarazu.model.order_request import NewOrder
from tarazu.model.units import DAY_NS, SECOND_NS
from tarazu.orders.messages import CancelOrder, ModifyOrder, SendOrder
from tarazu.strategy.bundled import bundled
from tarazu.strategy.day import TradingDay
from tarazu.strategy.decision import Decision, Verb
from tarazu.strategy.scored import Model

INDEX, SPOT, STEP, LOT = "NSE:NIFTY 50", 2_600_000, 5_000, 75
EXPIRY = DAY + timedelta(days=8)
SIGMA = 0.12


def ladder(each_side: int = 24) -> Iterator[Instrument]:
    """The index, its future, and strikes around 26,000."""
    yield _instrument(1, "NIFTY 50", Kind.INDEX, exchange=Exchange.NSE, segment="INDICES", name="NIFTY 50")
    yield _instrument(2, "NIFTY26NOVFUT", Kind.FUT, lot_size=LOT, freeze_qty=1_800, expiry=EXPIRY, segment="NFO-FUT")
    for n in range(-each_side, each_side + 1):
        strike = SPOT + n * STEP
        for at, kind in enumerate((Kind.CE, Kind.PE)):
            yield _instrument(
                100 + 2 * (n + each_side) + at,
                f"NIFTY26D01{strike // 100}{kind}",
                kind,
                lot_size=LOT,
                freeze_qty=1_800,
                expiry=EXPIRY,
                strike_paise=strike,
            )


def _instrument(number: int, symbol: str, kind: Kind, **told: Any) -> Instrument:
    facts = {"exchange": Exchange.NFO, "segment": "NFO-OPT", "name": "NIFTY", "underlying": INDEX, **told}
    token = InstrumentToken(number << 8 | 2)
    return Instrument(instrument_token=token, tradingsymbol=TradingSymbol(symbol), kind=kind, **facts)


class StrategyDesk(EngineDesk):
    def __init__(self, name: str, models: dict[str, Model] | None = None, **params: Any) -> None:
        found = bundled(name)
        assert found is not None
        self.made: list[Any] = []

        def make(day: TradingDay) -> list[Any]:
            self.made = [found.make(params, msgspec.structs.replace(day, models=models or {}))]
            return self.made

        listed = tuple(ladder())
        limits = {i.key: 100_000 for i in listed}
        super().__init__(msgspec.structs.replace(CONFIG, qty_max=limits, stop_required=True), listed, make)
        self.drawn = PaperQuotes()
        self.quotes = self.engine.quotes = self.drawn
        self.name, self.future = name, next(i for i in listed if i.kind is Kind.FUT)
        self.spot, self.sigma = SPOT, SIGMA
        self.silent: set[str] = set()
        """Keys without a market."""
        self.lets_fill = True
        self.told: list[Told] = []
        """Every entry as a journal would tell it."""
        self._served = 0

    def begin(self) -> "StrategyDesk":
        self._quote()
        self.ready()
        return self

    def passes(self, seconds: int, spot: int | None = None) -> "StrategyDesk":
        """The spot is there at once, and stays."""
        self.spot = spot or self.spot
        for _ in range(seconds):
            self._quote()
            self.tell(m.MarketMoved(sequence=len(self.steps)))
            self._serve()
            self.second()
            self._serve()
            self.reads()
            self._serve()
        return self

    def restarted(self) -> "StrategyDesk":
        """Another process: what the strategy knew is gone."""
        self._quote()
        self.start()
        self.tell(m.BandsRead(bands=tuple(m.Band(key=k, low_paise=5, high_paise=10_000_000) for k in self.instruments)))
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))
        return self.passes(3)

    def tell(self, message: m.Message, after_s: float = 0.0) -> Step:
        step = super().tell(message, after_s)
        stamped = Stamped(self.now_ns, self.wall_ns, 7, message)
        self.told.append(Told(len(self.steps), Record(stamped, step)))
        return step

    # The market.

    def _quote(self) -> None:
        self.drawn.touches = {key: self._touch(i) for key, i in self.instruments.items() if key not in self.silent}
        self.drawn.news = (INDEX, self.future.key)

    def _touch(self, of: Instrument) -> Any:
        if of.kind is Kind.INDEX:
            return touch(None, None, self.spot, seen_ns=self.wall_ns)
        worth = self.worth(of)
        half = 10 if of.is_option else 50
        return touch(max(worth - half, 5), worth + half, worth, seen_ns=self.wall_ns)

    def worth(self, of: Instrument) -> int:
        if of.kind is Kind.FUT:
            return self.spot
        assert of.expiry is not None
        years = ((of.expiry - DAY).days * DAY_NS + 6 * 3_600 * SECOND_NS) / (365 * DAY_NS)
        paise = price(of.kind is Kind.CE, float(self.spot), float(of.strike_paise), self.sigma, years, 1.0)
        return max(math.floor(paise / 5) * 5, 15)

    # The broker.

    def _serve(self) -> None:
        """In the order of asking, what is asked meanwhile too."""
        while self._served < len(self.steps):
            step = self.steps[self._served]
            self._served += 1
            for said in step.outputs:
                match said:
                    case SendOrder():
                        self._placed(said)
                    case ModifyOrder():
                        self._modified(said)
                    case CancelOrder():
                        self.answer(said.ref, said.cancellation.order_id, call="CANCEL")
                        self.heard(said.cancellation.order_id, "CANCELED")

    def _modified(self, said: ModifyOrder) -> None:
        """A stop that is turned into an exit, at a price that fills."""
        change, row = said.change, self.book[said.change.order_id]
        self.answer(said.ref, change.order_id, call="MODIFY")
        told = {"qty": change.qty or row.qty, "price_paise": change.price_paise or row.price_paise}
        kind = change.order_type or row.order_type
        trigger = change.trigger_paise or (0 if kind is OrdType.LIMIT else row.trigger_paise)
        self.heard(change.order_id, "WORKING", order_type=kind, trigger_paise=trigger, **told)
        if kind is OrdType.LIMIT:
            self.filled(change.order_id, told["qty"], told["price_paise"])

    def _placed(self, send: SendOrder) -> None:
        order, number = send.order, str(len(self.book) + 1)
        key = f"{order.exchange}:{order.tradingsymbol}"
        facts = {"tag": order.tag, "side": order.side, "qty": order.qty, "key": key, "product": order.product}
        facts |= {"price_paise": order.price_paise or 0, "trigger_paise": order.trigger_paise or 0}
        self.answer(send.ref, number)
        self.heard(number, "WORKING", order_type=order.order_type, **facts)
        at = self._fills_at(key, order)
        if at is not None and self.lets_fill:
            self.filled(number, order.qty, at)

    def _fills_at(self, key: str, order: NewOrder) -> int | None:
        found = self.quotes.touch(key)
        if found is None or order.order_type not in (OrdType.LIMIT, OrdType.MARKET):
            return None
        best = found.ask_paise if order.side is Side.BUY else found.bid_paise
        if best is None or order.order_type is OrdType.MARKET or order.price_paise is None:
            return best
        return best if order.side.sign * (order.price_paise - best) >= 0 else None

    # What is seen.

    @property
    def decisions(self) -> list[Decision]:
        return [act.decision for step in self.steps for act in step.acts if isinstance(act, Decide)]

    @property
    def story(self) -> list[str]:
        return [f"{said.verb} {said.why}" for said in self.decisions]

    def last(self, verb: Verb) -> Decision:
        return [said for said in self.decisions if said.verb is verb][-1]

    @property
    def held(self) -> dict[str, int]:
        """By the broker's positions: strike and kind, or FUT."""
        found = {(p.key, p.product): p.qty for p in self.positions if p.qty}
        assert all(product is Product.NRML for _, product in found)
        return {self.instruments[key].tradingsymbol.removeprefix("NIFTY26D01"): qty for (key, _), qty in found.items()}

    @property
    def denied(self) -> list[str]:
        acts = [act for step in self.steps for act in step.acts if isinstance(act, Deny)]
        return [f"{no.code} {no.observed} {no.limit}" for act in acts for no in act.denials]
